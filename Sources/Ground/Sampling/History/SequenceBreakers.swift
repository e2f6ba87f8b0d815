import Synchronization

/// The texts over which DRY sees no repetition, as tokens: each head with the tails that complete it.
///
/// A breaker may lie inside a token, be a token, or begin at the end of one and go on in the next ones.
/// Source: `get_overlapping_token_sequences` of llama.cpp's `src/llama-sampler.cpp`.
struct SequenceBreakers: Sendable, Equatable {
    /// Bytes of a text that count.
    static let bytesMax = 40
    /// Tokens after the head that count.
    static let tailMax = 20

    /// Tails by head. An empty tail: the head alone is a breaker.
    private(set) var tails: [Int32: [[Int32]]] = [:]

    init() {}

    init(
        texts: [[UInt8]], vocabularyCount: Int, piece: (Int32) -> [UInt8], tokenize: ([UInt8]) -> [Int32]
    ) {
        let texts = texts.map { Array($0.prefix(Self.bytesMax)) }.filter { !$0.isEmpty }
        guard !texts.isEmpty else { return }
        for token in 0..<Int32(vocabularyCount) {
            let word = piece(token)
            for text in texts { add(text, token, word, tokenize) }
        }
    }

    private mutating func add(_ text: [UInt8], _ token: Int32, _ word: [UInt8], _ tokenize: ([UInt8]) -> [Int32]) {
        if Self.contains(word, text) {
            tails[token, default: []].append([])
            return
        }
        for start in word.indices where word[start] == text[0] {
            let rest = word[start...]
            guard rest.count < text.count, text.starts(with: rest) else { continue }
            let tail = Array(tokenize(Array(text[rest.count...])).prefix(Self.tailMax))
            if tails[token]?.contains(tail) != true { tails[token, default: []].append(tail) }
        }
    }

    private static func contains(_ word: [UInt8], _ text: [UInt8]) -> Bool {
        guard word.count >= text.count else { return false }
        return (0...word.count - text.count).contains { word[$0...].starts(with: text) }
    }

    /// Whether this token alone is a breaker.
    func isBreaker(_ token: Int32) -> Bool { tails[token]?.contains([]) == true }
}

/// The breakers of the lists that were asked for lately.
final class BreakerCache: Sendable {
    /// Lists that are kept. Requests seldom bring their own.
    private static let listsMax = 16
    private let known = Mutex<[[String]: SequenceBreakers]>([:])

    func get(_ texts: [String], make: () -> SequenceBreakers) -> SequenceBreakers {
        if let found = known.withLock({ $0[texts] }) { return found }
        let made = make()
        known.withLock {
            if $0.count >= Self.listsMax { $0.removeAll() }
            $0[texts] = made
        }
        return made
    }
}
