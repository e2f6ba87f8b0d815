public import JSONText

/// A conversation outside the database: what exports write and imports read. Ids are its own and are given anew.
public struct ConversationArchive: Sendable, Equatable {
    public struct Entry: Sendable, Equatable {
        public var id: String
        public var parent: String?
        public var role: String
        /// As OpenAI's chat API has it.
        public var content: JSONValue
        public var reasoning: String?
        public var model: String?
        /// Microseconds since 1970, where it is known.
        public var created: Int64?

        public init(
            id: String, parent: String?, role: String, content: JSONValue, reasoning: String? = nil,
            model: String? = nil, created: Int64? = nil
        ) {
            self.id = id
            self.parent = parent
            self.role = role
            self.content = content
            self.reasoning = reasoning
            self.model = model
            self.created = created
        }
    }

    public var title: String
    public var created: Int64?
    public var tags: [String]
    /// The end of the branch that was shown.
    public var head: String?
    public var entries: [Entry]

    public init(title: String, created: Int64? = nil, tags: [String] = [], head: String? = nil, entries: [Entry]) {
        self.title = title
        self.created = created
        self.tags = tags
        self.head = head
        self.entries = entries
    }
}

/// Why an archive is refused; nothing of it is taken then.
public struct ArchiveError: Error, Equatable, CustomStringConvertible {
    /// Where in the archive: `conversations[3].messages[0].role`.
    public var path: String
    /// What is wrong there.
    public var problem: String

    public init(_ path: String, _ problem: String) {
        self.path = path
        self.problem = problem
    }

    public var description: String { path.isEmpty ? problem : "\(path): \(problem)" }
}

extension ConversationArchive {
    /// Bounds of what is read.
    public static let conversationsMax = 10_000
    public static let entriesMax = 200_000

    /// Entries with their parents first, each once; refuses what is no tree.
    ///
    /// - Parameter path: where the archive stands, for errors.
    /// - Returns: the entries in an order in which they can be added.
    /// - Throws: ``ArchiveError`` for ids that stand twice, parents that do not exist, and circles.
    public func ordered(at path: String) throws(ArchiveError) -> [Entry] {
        var places: [String: Int] = [:]
        for (index, entry) in entries.enumerated() {
            guard places.updateValue(index, forKey: entry.id) == nil else {
                throw ArchiveError("\(path).messages[\(index)].id", "the id '\(entry.id.prefix(64))' stands twice")
            }
        }
        var children: [String?: [Int]] = [:]
        for (index, entry) in entries.enumerated() {
            if let parent = entry.parent, places[parent] == nil {
                throw ArchiveError(
                    "\(path).messages[\(index)].parent", "there is no message '\(parent.prefix(64))'")
            }
            children[entry.parent, default: []].append(index)
        }
        var order: [Entry] = []
        var waiting = (children[nil] ?? []).reversed() as [Int]
        while let next = waiting.popLast() {
            order.append(entries[next])
            waiting += (children[entries[next].id] ?? []).reversed()
        }
        guard order.count == entries.count else {
            throw ArchiveError("\(path).messages", "some messages follow each other in a circle")
        }
        return order
    }
}
