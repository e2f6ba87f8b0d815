/// The masks of the states that were asked for last.
struct MaskCache {
    private struct Key: Hashable {
        var state: Int32
        var trie: ObjectIdentifier
    }

    private struct Entry {
        var words: [UInt64]
        /// Keeps the trie, so that its identity is not given to another one.
        var trie: TokenTrie
        var lastUse: UInt64
    }

    private var entries: [Key: Entry] = [:]
    private var clock: UInt64 = 0

    mutating func words(_ state: Int32, _ trie: TokenTrie) -> [UInt64]? {
        let key = Key(state: state, trie: ObjectIdentifier(trie))
        clock += 1
        guard let index = entries.index(forKey: key) else { return nil }
        entries.values[index].lastUse = clock
        return entries.values[index].words
    }

    /// Remembers a mask in the place of the one that was not used for longest.
    mutating func store(_ words: [UInt64], _ state: Int32, _ trie: TokenTrie, entriesMax: Int) {
        guard entriesMax > 0 else { return }
        if entries.count >= entriesMax, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse })?.key {
            entries[oldest] = nil
        }
        clock += 1
        entries[Key(state: state, trie: ObjectIdentifier(trie))] = Entry(words: words, trie: trie, lastUse: clock)
    }
}
