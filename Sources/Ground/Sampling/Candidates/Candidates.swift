/// A token that may still be chosen.
struct Candidate: Sendable, Equatable {
    var token: Int32
    var logit: Float
    var probability: Float
}

/// The tokens that may still be chosen, all with finite logits.
///
/// llama.cpp also keeps tokens at minus infinity in its list. They can never be chosen, but some samplers count them;
/// here they are only a number, `impossible`.
struct Candidates: Sendable {
    var items: [Candidate] = []
    /// Sorted by falling logit; otherwise the order of the vocabulary, or of the last sampler that ordered them.
    var isSorted = false
    var impossible = 0
    private var keys: [UInt64] = []
    private var spare: [UInt64] = []
    private var copy: [Candidate] = []

    var count: Int { items.count }
    /// How many llama.cpp would have in its list.
    var listed: Int { items.count + impossible }

    mutating func removeAll() {
        items.removeAll(keepingCapacity: true)
        isSorted = false
        impossible = 0
    }

    @inline(__always)
    mutating func append(_ token: Int32, logit: Float) {
        items.append(Candidate(token: token, logit: logit, probability: 0))
    }

    mutating func keepFirst(_ number: Int) {
        if number < items.count { items.removeLast(items.count - number) }
    }

    /// The position of the first candidate with the largest logit.
    var largest: Int {
        if isSorted { return 0 }
        var best = 0
        for index in items.indices where items[index].logit > items[best].logit { best = index }
        return best
    }

    /// Probabilities from logits, in single precision and in this order, as llama.cpp computes them.
    mutating func normalize() {
        guard !items.isEmpty else { return }
        let peak = items[largest].logit
        var sum = Float(0)
        for index in items.indices {
            let share = Exponential.of(items[index].logit - peak)
            items[index].probability = share
            sum += share
        }
        for index in items.indices { items[index].probability /= sum }
    }

    /// Probabilities from logits where `total` is the sum of e^(logit - largest) over more tokens than these.
    mutating func normalize(total: Double) {
        guard !items.isEmpty else { return }
        let peak = items[largest].logit
        let sum = Float(total)
        for index in items.indices {
            items[index].probability = Exponential.of(items[index].logit - peak) / sum
        }
    }

    /// Sorts by falling logit; equal logits keep their order.
    mutating func sort() {
        guard !isSorted else { return }
        isSorted = true
        guard items.count > 1 else { return }
        keys.removeAll(keepingCapacity: true)
        for index in items.indices {
            keys.append(UInt64(Self.rank(items[index].logit)) << 32 | UInt64(truncatingIfNeeded: index))
        }
        if keys.count > 2_000 { sortByDigits() } else { keys.sort() }
        copy.removeAll(keepingCapacity: true)
        for key in keys { copy.append(items[Int(key & 0xFFFF_FFFF)]) }
        swap(&items, &copy)
    }

    /// A number that is smaller for a larger logit.
    private static func rank(_ logit: Float) -> UInt32 {
        // Minus zero counts as zero.
        let bits = (logit + 0).bitPattern
        return bits >> 31 == 0 ? ~(bits | 0x8000_0000) : bits
    }

    /// Three passes over 11 bits each of the upper half of the keys (radix sort).
    private mutating func sortByDigits() {
        spare.removeAll(keepingCapacity: true)
        spare.append(contentsOf: keys)
        for shift: UInt64 in [32, 43, 54] {
            var starts = [Int](repeating: 0, count: 2_049)
            for key in keys { starts[Int(truncatingIfNeeded: (key >> shift) & 2_047) + 1] += 1 }
            for digit in 1..<2_049 { starts[digit] += starts[digit - 1] }
            for key in keys {
                let digit = Int(truncatingIfNeeded: (key >> shift) & 2_047)
                spare[starts[digit]] = key
                starts[digit] += 1
            }
            swap(&keys, &spare)
        }
    }
}
