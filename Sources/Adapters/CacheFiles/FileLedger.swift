/// Which files there are, how large they are together, and in which order they were used. Pure.
///
/// A state is worth something only together with those of its path before it. So a use of a file counts as a later use of
/// the files before it, and they go after it.
struct FileLedger {
    private struct Entry {
        let bytes: Int
        var lastUse: UInt64
        var place: Place?
    }

    /// Where a state lies on its path.
    struct Place: Hashable {
        /// Of the tokens before it.
        let start: Int
        /// Of all its tokens.
        let end: Int

        init(_ tokens: [Int32], start: Int) {
            self.start = Self.hash(tokens[..<start])
            end = Self.hash(tokens[...])
        }

        init(start: Int, end: Int) {
            self.start = start
            self.end = end
        }

        private static func hash(_ tokens: ArraySlice<Int32>) -> Int {
            var hasher = Hasher()
            for token in tokens { hasher.combine(token) }
            return hasher.finalize()
        }
    }

    let bytesMax: Int
    let filesMax: Int
    /// Of all files.
    private(set) var bytes = 0
    private var entries: [String: Entry] = [:]
    /// The files whose paths end at a place.
    private var ending: [Int: Set<String>] = [:]
    private var uses: UInt64 = 0

    init(bytesMax: Int, filesMax: Int) {
        self.bytesMax = bytesMax
        self.filesMax = filesMax
    }

    var count: Int { entries.count }
    func has(_ name: String) -> Bool { entries[name] != nil }

    /// Latest use first.
    var names: [String] { entries.sorted { $0.value.lastUse > $1.value.lastUse }.map(\.key) }

    mutating func add(_ name: String, bytes count: Int, place: Place? = nil) {
        remove(name)
        entries[name] = Entry(bytes: count, lastUse: 0)
        bytes += count
        if let place { put(name, at: place) }
        use(name)
    }

    /// Says where on its path a file lies that was added without that.
    mutating func put(_ name: String, at place: Place) {
        guard entries[name] != nil, entries[name]?.place == nil else { return }
        entries[name]?.place = place
        ending[place.end, default: []].insert(name)
    }

    /// Notes a use of a file, and of those before it on its path.
    mutating func use(_ name: String) {
        var next: Set<String> = [name]
        // A path of more files than this is cared for as far as this.
        for _ in 0..<1_000 {
            var before: Set<String> = []
            for name in next.sorted() {
                guard let entry = entries[name] else { continue }
                uses += 1
                entries[name]?.lastUse = uses
                if let place = entry.place, place.start != place.end { before.formUnion(ending[place.start] ?? []) }
            }
            if before.isEmpty { return }
            next = before
        }
    }

    @discardableResult
    mutating func remove(_ name: String) -> Bool {
        guard let entry = entries.removeValue(forKey: name) else { return false }
        bytes -= entry.bytes
        if let place = entry.place {
            ending[place.end]?.remove(name)
            if ending[place.end]?.isEmpty == true { ending[place.end] = nil }
        }
        return true
    }

    /// Forgets the files that were not used for the longest time, until one more fits.
    ///
    /// - Parameters:
    ///   - bytes: of that one; at most `bytesMax`.
    ///   - files: 1, or 0 where nothing is to be added.
    /// - Returns: the names of those that are to go.
    mutating func makeRoom(for bytes: Int, files: Int = 1) -> [String] {
        func isFull() -> Bool { self.bytes + bytes > bytesMax || entries.count + files > filesMax }
        var gone: [String] = []
        // Few go as a rule; sorting all for them would hold up whoever waits.
        while isFull(), gone.count < Self.searchesMax,
            let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse })?.key
        {
            remove(oldest)
            gone.append(oldest)
        }
        guard isFull() else { return gone }
        for name in names.reversed() where isFull() {
            remove(name)
            gone.append(name)
        }
        return gone
    }

    private static var searchesMax: Int { 16 }
}
