/// A compiled grammar: for each rule an automaton over bytes whose steps may also be other rules.
///
/// A recursive transition network. Characters are compiled to their UTF-8 bytes, so that a token may end inside one.
struct Program: Sendable {
    enum Kind: UInt8 {
        /// The end of a rule.
        case final
        /// One byte: `ranges[first ..< first + second]`.
        case bytes
        /// Goes on at each of `targets[first ..< first + second]` without reading.
        case split
        /// The rule `first`, then the node `second`.
        case call
        /// The counted repetition `loops[first]`, then the node `second`.
        case loop
        /// One token: `tokens[first]`, then the node `second`.
        case token
    }

    struct Node {
        var kind: Kind
        var first: Int32
        var second: Int32
    }

    struct ByteRange: Sendable {
        var low: UInt8
        var high: UInt8
        var target: Int32
    }

    struct Loop: Sendable {
        /// The rule that is repeated.
        var body: Int32
        var min: Int32
        /// `Int32.max` has no end.
        var max: Int32
        /// The least number of characters of one round.
        var shortest = 0
        /// The largest number of characters of one round.
        var longest = 0
    }

    struct TokenEdge: Sendable, Hashable {
        var id: Int32
        /// Any token but that one.
        var isExcluded: Bool
    }

    var nodes: [Node] = []
    var ranges: [ByteRange] = []
    var targets: [Int32] = []
    var loops: [Loop] = []
    var tokens: [TokenEdge] = []
    /// Where each rule starts; those of repeated bodies come last.
    var starts: [Int32] = []
    var names: [String] = []
    var root: Int32 = 0

    // What the analysis finds.

    /// Rules that may be nothing at all.
    var isNullable: [Bool] = []
    /// The least number of characters from a node to the end of its rule; `Program.never` where there is no way.
    var shortest: [Int] = []
    /// The largest number of characters from a node to the end of its rule, at most `Program.endless`.
    var longest: [Int] = []
    /// The class of each byte: bytes of one class are never told apart.
    var classes: [UInt8] = []
    /// One byte of each class.
    var representatives: [UInt8] = []

    static let never = Int.max
    /// A sum of characters that is as good as endless, and can still be added to.
    static let endless = 1 << 48

    static func sum(_ left: Int, _ right: Int) -> Int {
        left == never || right == never ? never : min(left + right, endless)
    }

    static func product(_ count: Int, _ size: Int) -> Int {
        guard count > 0 else { return 0 }
        guard size != never else { return never }
        let (product, overflows) = count.multipliedReportingOverflow(by: size)
        return overflows ? endless : min(product, endless)
    }

    func ranges(of node: Node) -> ArraySlice<ByteRange> { ranges[Int(node.first)..<Int(node.first + node.second)] }
    func targets(of node: Node) -> ArraySlice<Int32> { targets[Int(node.first)..<Int(node.first + node.second)] }

    func isNullable(_ loop: Loop) -> Bool { loop.min == 0 || isNullable[Int(loop.body)] }
}
