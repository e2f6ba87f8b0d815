/// The shape of a conversation: which message follows which. Pure; contents are elsewhere.
public struct MessageTree: Sendable {
    /// What the shape needs of a message.
    public struct Node: Sendable, Equatable {
        public let id: MessageID
        public let parent: MessageID?

        public init(id: MessageID, parent: MessageID?) {
            self.id = id
            self.parent = parent
        }
    }

    private var parents: [MessageID: MessageID] = [:]
    /// In the order in which they were made; the roots under `nil`.
    private var children: [MessageID?: [MessageID]] = [:]
    private var known: Set<MessageID> = []

    /// - Parameter nodes: in any order. A node whose parent is not among them is a root; one that stands twice counts once.
    public init(_ nodes: some Sequence<Node>) {
        let nodes = nodes.sorted { $0.id < $1.id }
        known = Set(nodes.map(\.id))
        var seen: Set<MessageID> = []
        for node in nodes where seen.insert(node.id).inserted {
            let parent = node.parent.flatMap { $0 != node.id && known.contains($0) ? $0 : nil }
            parents[node.id] = parent
            children[parent, default: []].append(node.id)
        }
    }

    public var count: Int { known.count }
    public var roots: [MessageID] { children[nil] ?? [] }
    public func contains(_ id: MessageID) -> Bool { known.contains(id) }
    public func parent(of id: MessageID) -> MessageID? { parents[id] }
    public func children(of id: MessageID?) -> [MessageID] { children[id] ?? [] }

    /// The message and those that stand beside it: other answers to the same message, other wordings of the same question.
    public func siblings(of id: MessageID) -> [MessageID] { children[parents[id]] ?? [] }

    /// From a first message to this one; empty for an unknown one. A cycle, which no store of ours makes, ends the way.
    public func path(to id: MessageID) -> [MessageID] {
        guard known.contains(id) else { return [] }
        var path = [id]
        var seen: Set<MessageID> = [id]
        while let next = parents[path[path.count - 1]], seen.insert(next).inserted { path.append(next) }
        return path.reversed()
    }

    /// The end of the branch that goes on from a message: the newest child of each. `nil` begins with the newest root.
    public func leaf(below id: MessageID?) -> MessageID? {
        var place = id
        var steps = 0
        while let next = children[place]?.last, steps <= known.count {
            place = next
            steps += 1
        }
        return place
    }

    /// A message and all that follow it, parents first.
    public func subtree(of id: MessageID) -> [MessageID] {
        guard known.contains(id) else { return [] }
        var found: [MessageID] = []
        var waiting = [id]
        while let next = waiting.popLast(), found.count <= known.count {
            found.append(next)
            waiting += (children[next] ?? []).reversed()
        }
        return found
    }

    /// The last message that two branches share; `nil` where they begin apart.
    public func meeting(of first: MessageID, and second: MessageID) -> MessageID? {
        let other = Set(path(to: second))
        return path(to: first).last { other.contains($0) }
    }
}
