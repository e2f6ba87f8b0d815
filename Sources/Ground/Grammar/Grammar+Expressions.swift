extension Grammar {
    /// A regular expression that the whole text matches. `^` and `$` at its ends change nothing.
    ///
    /// - Parameters:
    ///   - regex: in the flavour of ECMA-262 that JSON Schema's `pattern` uses.
    ///   - limits: how large it may be, and how much work it may cause.
    /// - Throws: `GrammarError` with line and column; look-around, back-references, word boundaries and Unicode properties are refused
    ///   by name.
    public init(regex: String, limits: GrammarLimits = .standard) throws(GrammarError) {
        let node = try RegexParser.parse(regex, limits: limits)
        try self.init(try RegexLowering(isInsideJSON: false).whole(node), limits: limits)
    }

    /// A regular expression as a GBNF expression, which may stand in a rule, within parentheses.
    ///
    /// - Parameters:
    ///   - regex: in the flavour of ECMA-262 that JSON Schema's `pattern` uses.
    ///   - isAnchored: whether the whole text must match. Otherwise it must contain a match, as with JSON Schema's `pattern`: anything
    ///     may stand before and behind, unless `^` or `$` is there.
    ///   - isInsideJSONString: the characters are written as in a JSON string, without its quotes: quotation marks, backslashes and
    ///     controls as their (shortest) escapes. `\D` and `\W` are then ASCII only, on which all validators agree.
    ///   - limits: how large it may be.
    /// - Returns: GBNF without a rule's name.
    /// - Throws: `GrammarError` with line and column.
    public static func gbnf(
        regex: String, isAnchored: Bool, isInsideJSONString: Bool = false, limits: GrammarLimits = .standard
    ) throws(GrammarError) -> String {
        let node = try RegexParser.parse(regex, limits: limits, isNarrow: isInsideJSONString)
        let lowering = RegexLowering(isInsideJSON: isInsideJSONString)
        return GBNFText.expression(isAnchored ? try lowering.whole(node) : try lowering.contained(node))
    }
}
