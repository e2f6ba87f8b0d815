/// For each earlier place of a history, how long the text that ends there equals the text that ends the history.
///
/// Only places that hold the history's last token can have such a length. They are chained, so that a new token costs
/// as much as its own occurrences and those of the token before it, not the whole history as llama.cpp's DRY sampler does.
struct RepeatIndex: Sendable {
    private static let none: Int32 = -1

    /// The place before this one with the same token.
    private var previous: [Int32] = []
    /// The last place of each token.
    private var last: [Int32: Int32] = [:]
    /// Tokens that are equal up to and with this place and up to and with the end; 0 for most places. Not kept for the
    /// end itself.
    private var lengths: [Int32] = []
    private(set) var tokens: [Int32] = []

    init(_ tokens: [Int32]) {
        self.tokens = tokens
        previous.reserveCapacity(tokens.count + 256)
        for (place, token) in tokens.enumerated() {
            previous.append(last.updateValue(Int32(place), forKey: token) ?? Self.none)
        }
        lengths = Self.suffixLengths(tokens)
    }

    mutating func append(_ token: Int32) {
        let end = Int32(tokens.count)
        let before = tokens.last
        tokens.append(token)
        previous.append(last.updateValue(end, forKey: token) ?? Self.none)
        lengths.append(0)
        // From the end backwards: each length is made from the old one at the place before, which is still there.
        var place = previous[Int(end)]
        while place != Self.none {
            let index = Int(place)
            lengths[index] = index > 0 ? lengths[index - 1] + 1 : 1
            place = previous[index]
        }
        guard let before, before != token else { return }
        // What ended with the token before ends nothing now.
        place = previous[Int(end) - 1]
        while place != Self.none {
            lengths[Int(place)] = 0
            place = previous[Int(place)]
        }
    }

    /// Calls `body` with every place before the end that holds the last token, and its length, from the end backwards,
    /// down to `start`.
    @inline(__always)
    func forEachRepeat(from start: Int, _ body: (_ place: Int, _ length: Int) -> Void) {
        guard let end = previous.last else { return }
        var place = end
        while place != Self.none && Int(place) >= start {
            body(Int(place), Int(lengths[Int(place)]))
            place = previous[Int(place)]
        }
    }

    /// The Z-algorithm (Gusfield 1997, "Algorithms on Strings, Trees, and Sequences", 1.4) on the reversed tokens.
    private static func suffixLengths(_ tokens: [Int32]) -> [Int32] {
        let count = tokens.count
        var lengths = [Int32](repeating: 0, count: count)
        var left = 0
        var right = 0
        for place in stride(from: 1, to: count, by: 1) {
            var length = 0
            if place < right { length = min(right - place, Int(lengths[count - 1 - (place - left)])) }
            // `lengths` is filled from the end; place 0 stands for the end itself and is never read, for place > left.
            while place + length < count && tokens[count - 1 - length] == tokens[count - 1 - place - length] {
                length += 1
            }
            lengths[count - 1 - place] = Int32(length)
            if place + length > right {
                left = place
                right = place + length
            }
        }
        return lengths
    }
}
