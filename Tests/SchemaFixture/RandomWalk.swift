import Grammar
import TestRandomness

/// Writes sentences of a grammar, byte by byte, with a bias towards an end.
struct RandomWalk {
    private var random: SeededRandom
    /// From here on, what closes is preferred to what opens.
    private static let wanderMax = 160
    private static let bytesMax = 6_000
    /// Bytes that lead to an end.
    private static let closing = Array("}]\"".utf8)
    /// Bytes that lead away from it.
    private static let opening = Set("{[,\\ \n\t".utf8)
    private static let common = Array("\"{}[],:0123456789-. abcdefiklnprstuxyzABCZ_/@\\".utf8)

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    /// One sentence, or its beginning when it found no end in time.
    mutating func sentence(of start: GrammarMatcher) -> (text: String, isFinished: Bool) {
        var matcher = start
        var bytes: [UInt8] = []
        while bytes.count < Self.bytesMax {
            let isHurried = bytes.count > Self.wanderMax
            if matcher.mustEnd || matcher.canEnd && (isHurried || Int.random(in: 0..<3, using: &random) == 0) {
                return (String(decoding: bytes, as: UTF8.self), true)
            }
            guard let byte = next(matcher, isHurried: isHurried), matcher.accept([byte]) else {
                return (String(decoding: bytes, as: UTF8.self), matcher.canEnd)
            }
            bytes.append(byte)
        }
        return (String(decoding: bytes, as: UTF8.self), false)
    }

    private mutating func next(_ matcher: GrammarMatcher, isHurried: Bool) -> UInt8? {
        if isHurried || Int.random(in: 0..<8, using: &random) == 0 {
            for byte in Self.closing.shuffled(using: &random) where matcher.allows([byte]) { return byte }
        }
        if Int.random(in: 0..<20, using: &random) != 0 {
            for byte in Self.common.shuffled(using: &random)
            where !(isHurried && Self.opening.contains(byte)) && matcher.allows([byte]) { return byte }
        }
        let all = (UInt8(0)...255).shuffled(using: &random)
        for byte in all where !(isHurried && Self.opening.contains(byte)) && matcher.allows([byte]) { return byte }
        for byte in all where matcher.allows([byte]) { return byte }
        return nil
    }
}
