/// How large a grammar may be, and how much work it may cause. Every bound ends in `GrammarError.Kind.tooLarge`.
public struct GrammarLimits: Sendable, Equatable {
    /// UTF-8 bytes of the text.
    public var bytesMax = 4 << 20
    /// Rules that the text defines.
    public var rulesMax = 200_000
    /// Nodes of the compiled automaton.
    public var nodesMax = 2_000_000
    /// Parentheses within parentheses.
    public var nestingMax = 256
    /// The largest number in `{m,n}`. Counted, not unrolled.
    public var repetitionsMax = 1 << 24
    /// Things a grammar may be in the middle of at the same time: an ambiguous one is in many.
    public var itemsMax = 16_384
    /// Rules within rules that wait for their end.
    public var depthMax = 65_536
    /// Items looked at for one token or one mask, before it is given up.
    public var workMax = 4_000_000
    /// Cells of the table of known transitions (4 bytes each), after which it is begun anew.
    public var cellsMax = 4 << 20
    /// Masks that are remembered.
    public var masksMax = 128

    public init() {}

    /// What a server allows its clients.
    public static let standard = GrammarLimits()
}
