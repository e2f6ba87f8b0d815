/// Numbers of hardware threads.
public struct ProcessorSet: Sendable, Equatable {
    /// In ascending order, each once.
    public let numbers: [Int]

    /// Larger numbers are taken for damage; Linux is built for 8,192 at most.
    public static let numberMax = 65_535

    public init(_ numbers: some Sequence<Int>) { self.numbers = Set(numbers).sorted() }

    public var count: Int { numbers.count }

    /// Reads the kernel's list form: `0-3,8,10-11`, with strides as in `0-31:2/4`.
    ///
    /// Source: Linux `Documentation/admin-guide/cputopology.rst` and `lib/bitmap.c`.
    ///
    /// `nil` when it is anything else.
    ///
    /// - Parameter text: the list, with or without white space around it; empty is the empty set.
    public init?(list text: some StringProtocol) {
        let text = text.trimmed
        guard !text.isEmpty else {
            numbers = []
            return
        }
        var found: Set<Int> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let range = Self.range(String(part)) else { return nil }
            found.formUnion(range)
        }
        numbers = found.sorted()
    }

    /// Reads the kernel's mask form: words of 32 bits in hexadecimal, the highest first: `ff,ffffffff`.
    ///
    /// `nil` when it is anything else or longer than `numberMax` bits.
    ///
    /// - Parameter text: the mask.
    public init?(mask text: some StringProtocol) {
        let words = text.trimmed.split(separator: ",", omittingEmptySubsequences: false)
        guard !words.isEmpty, words.count * 32 <= Self.numberMax + 1 else { return nil }
        var found: [Int] = []
        for (position, word) in words.reversed().enumerated() {
            guard (1...8).contains(word.utf8.count), let bits = UInt32(word, radix: 16) else { return nil }
            found += (0..<32).filter { bits & (1 << UInt32($0)) != 0 }.map { position * 32 + $0 }
        }
        numbers = found
    }

    /// The list form.
    public var text: String {
        var parts: [String] = []
        var index = 0
        while index < numbers.count {
            var end = index
            while end + 1 < numbers.count, numbers[end + 1] == numbers[end] + 1 { end += 1 }
            parts.append(index == end ? "\(numbers[index])" : "\(numbers[index])-\(numbers[end])")
            index = end + 1
        }
        return parts.joined(separator: ",")
    }

    /// One part of a list: `3`, `0-7`, or `0-31:2/4`, the first two of every four.
    private static func range(_ text: String) -> [Int]? {
        let pieces = text.split(separator: ":", omittingEmptySubsequences: false)
        guard pieces.count <= 2 else { return nil }
        let bounds = pieces[0].split(separator: "-", omittingEmptySubsequences: false).map { natural($0) }
        guard let first = bounds[0], let last = bounds.count == 2 ? bounds[1] : first, bounds.count <= 2,
            first <= last
        else { return nil }
        guard pieces.count == 2 else { return Array(first...last) }
        let stride = pieces[1].split(separator: "/", omittingEmptySubsequences: false).map { natural($0) }
        guard stride.count == 2, let used = stride[0], let group = stride[1], group > 0, used <= group else {
            return nil
        }
        return (first...last).filter { ($0 - first) % group < used }
    }

    private static func natural(_ text: Substring) -> Int? {
        guard let number = Int(text), (0...numberMax).contains(number), text.first != "+" else { return nil }
        return number
    }
}
