import Synchronization
import Vocabulary

/// Remembers the tokens of prompts' beginnings, so that a conversation that is sent whole each turn is not tokenised whole
/// each turn.
///
/// A text may be divided after a control token: tokenizers cut there themselves, and read on as at the beginning of a text.
/// Where that does not hold (tokens that take the white space after them, names that begin within another's name) there is
/// no division, and nothing is remembered. Beginnings belong to one tenant: time tells no one what another one sent.
final class TokenMemory: Sendable {
    /// Bytes of text that are remembered, all together.
    static let bytesMax = 16 << 20
    /// Beginnings that are remembered.
    static let entriesMax = 256
    /// Shorter texts are tokenised quickly enough.
    static let textMin = 1024

    struct Entry {
        let tenant: TenantID
        let addsSpecial: Bool
        let text: [UInt8]
        let tokens: [Int32]
    }

    struct State {
        /// The one used last is at the end.
        var entries: [Entry] = []
        var bytes = 0
        /// Whether a text may be divided after a control token, for those that were seen.
        var isSafe: [[UInt8]: Bool] = [:]
        /// The names of control tokens, by their last byte.
        var namesByEnd: [UInt8: [[UInt8]]]?
        /// Whether begin tokens are all that the vocabulary adds to a text.
        var endsBare: Bool?
    }

    private let state = Mutex(State())

    /// The longest remembered beginning of a text.
    ///
    /// - Returns: how many bytes it has, and its tokens; none when nothing is known.
    func beginning(
        of text: ArraySlice<UInt8>, tenant: TenantID, addsSpecial: Bool
    ) -> (count: Int, tokens: [Int32]) {
        state.withLock { state in
            let found = state.entries.indices.filter {
                let entry = state.entries[$0]
                return entry.tenant == tenant && entry.addsSpecial == addsSpecial && text.starts(with: entry.text)
            }
            guard let best = found.max(by: { state.entries[$0].text.count < state.entries[$1].text.count }) else {
                return (0, [])
            }
            let entry = state.entries.remove(at: best)
            state.entries.append(entry)
            return (entry.text.count, entry.tokens)
        }
    }

    /// Remembers a beginning; those that were not used for longest go.
    func remember(_ entry: Entry) {
        guard entry.text.count <= Self.bytesMax / 8 else { return }
        state.withLock { state in
            let isKnown = state.entries.contains {
                $0.tenant == entry.tenant && $0.addsSpecial == entry.addsSpecial && $0.text == entry.text
            }
            guard !isKnown else { return }
            state.entries.append(entry)
            state.bytes += entry.text.count
            while state.bytes > Self.bytesMax || state.entries.count > Self.entriesMax {
                state.bytes -= state.entries.removeFirst().text.count
            }
        }
    }

    /// What was found out about the vocabulary, or what `find` finds out now.
    func isSafe(_ control: [UInt8], find: () -> Bool) -> Bool {
        if let known = state.withLock({ $0.isSafe[control] }) { return known }
        let found = find()
        state.withLock { $0.isSafe[control] = found }
        return found
    }

    func namesByEnd(find: () -> [UInt8: [[UInt8]]]) -> [UInt8: [[UInt8]]] {
        if let known = state.withLock({ $0.namesByEnd }) { return known }
        let found = find()
        state.withLock { $0.namesByEnd = found }
        return found
    }

    func endsBare(find: () -> Bool) -> Bool {
        if let known = state.withLock({ $0.endsBare }) { return known }
        let found = find()
        state.withLock { $0.endsBare = found }
        return found
    }
}
