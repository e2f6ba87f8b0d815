/// A set of Unicode scalar values: sorted ranges that neither touch nor overlap.
struct ScalarSet: Equatable, Sendable {
    private(set) var ranges: [ClosedRange<UInt32>]

    static let last: UInt32 = 0x10FFFF
    static let all = ScalarSet([0...last])

    init(_ ranges: [ClosedRange<UInt32>]) {
        var merged: [ClosedRange<UInt32>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            guard let previous = merged.last, range.lowerBound <= previous.upperBound &+ 1 else {
                merged.append(range)
                continue
            }
            merged[merged.count - 1] = previous.lowerBound...max(previous.upperBound, range.upperBound)
        }
        self.ranges = merged
    }

    init(_ scalar: UInt32) { ranges = [scalar...scalar] }

    var isEmpty: Bool { ranges.isEmpty }

    func contains(_ scalar: UInt32) -> Bool { ranges.contains { $0.contains(scalar) } }

    func union(_ other: ScalarSet) -> ScalarSet { ScalarSet(ranges + other.ranges) }

    func subtracting(_ other: ScalarSet) -> ScalarSet { intersection(other.inverted) }

    var inverted: ScalarSet {
        var gaps: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges {
            if range.lowerBound > next { gaps.append(next...(range.lowerBound - 1)) }
            next = range.upperBound + 1
        }
        if next <= Self.last { gaps.append(next...Self.last) }
        return ScalarSet(gaps)
    }

    func intersection(_ other: ScalarSet) -> ScalarSet {
        var common: [ClosedRange<UInt32>] = []
        var left = 0
        var right = 0
        while left < ranges.count, right < other.ranges.count {
            let low = max(ranges[left].lowerBound, other.ranges[right].lowerBound)
            let high = min(ranges[left].upperBound, other.ranges[right].upperBound)
            if low <= high { common.append(low...high) }
            if ranges[left].upperBound < other.ranges[right].upperBound { left += 1 } else { right += 1 }
        }
        return ScalarSet(common)
    }
}

extension ScalarSet {
    /// The set as sequences of byte ranges: a text's character is in the set when its UTF-8 bytes match one of them.
    /// Surrogates have no UTF-8 and are left out.
    ///
    /// Source: the splitting of ranges in Russ Cox, "Regular Expression Matching in the Wild" (2010), UTF-8 ranges.
    var byteSequences: [[ClosedRange<UInt8>]] {
        var sequences: [[ClosedRange<UInt8>]] = []
        for range in subtracting(ScalarSet([0xD800...0xDFFF])).ranges {
            Self.split(range, into: &sequences)
        }
        return sequences
    }

    private static func split(_ range: ClosedRange<UInt32>, into sequences: inout [[ClosedRange<UInt8>]]) {
        var pending = [range]
        while let range = pending.popLast() {
            let low = range.lowerBound
            let high = range.upperBound
            // First where the number of bytes changes, then where the bytes behind the first one are not all free.
            if let cut = [UInt32(0x7F), 0x7FF, 0xFFFF].first(where: { low <= $0 && high > $0 }) {
                pending.append(cut + 1...high)
                pending.append(low...cut)
                continue
            }
            guard let cut = cut(low, high) else {
                sequences.append(zip(bytes(low), bytes(high)).map { $0...$1 })
                continue
            }
            pending.append(cut + 1...high)
            pending.append(low...cut)
        }
    }

    /// The last scalar of the first part, where the two ends differ above their free low bits.
    private static func cut(_ low: UInt32, _ high: UInt32) -> UInt32? {
        guard high > 0x7F else { return nil }
        for bits in [6, 12, 18] {
            let mask = UInt32(1 << bits) - 1
            guard low & ~mask != high & ~mask else { break }
            if low & mask != 0 { return low | mask }
            if high & mask != mask { return (high & ~mask) - 1 }
        }
        return nil
    }

    static func bytes(_ scalar: UInt32) -> [UInt8] {
        switch scalar {
        case ...0x7F: [UInt8(scalar)]
        case ...0x7FF: [0xC0 | UInt8(scalar >> 6), 0x80 | UInt8(scalar & 0x3F)]
        case ...0xFFFF:
            [0xE0 | UInt8(scalar >> 12), 0x80 | UInt8(scalar >> 6 & 0x3F), 0x80 | UInt8(scalar & 0x3F)]
        default:
            [
                0xF0 | UInt8(scalar >> 18), 0x80 | UInt8(scalar >> 12 & 0x3F), 0x80 | UInt8(scalar >> 6 & 0x3F),
                0x80 | UInt8(scalar & 0x3F),
            ]
        }
    }
}
