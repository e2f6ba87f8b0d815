/// What a text must look like: compiled once, matched by any number of `GrammarMatcher`s, which share what they find
/// out.
public struct Grammar: Sendable {
    let source: AutomatonSource

    /// A grammar in GBNF, which starts at the rule `root`.
    ///
    /// - Parameters:
    ///   - gbnf: the text, as `grammars/README.md` of llama.cpp describes it.
    ///   - limits: how large it may be, and how much work it may cause.
    ///   - token: the id of the token with exactly a text, for references such as `<think>`; without it they are
    ///     refused.
    /// - Throws: `GrammarError` with line and column; left recursion is refused with the names of the rules.
    public init(
        gbnf: String, limits: GrammarLimits = .standard, token: ((String) -> Int32?)? = nil
    ) throws(GrammarError) {
        let (rules, root) = try GBNFParser.rules(gbnf, limits: limits, token: token)
        try self.init(rules: rules, root: root, limits: limits)
    }

    init(rules: [Rule], root: Int, limits: GrammarLimits) throws(GrammarError) {
        let program = try ProgramBuilder.program(rules, root: root, limits: limits)
        source = AutomatonSource(program: program, limits: limits)
        let start = source.current().withStates { $0.initialState() }
        guard start != AutomatonStates.tooLarge else { throw Self.tooLarge }
    }

    init(_ body: Element, limits: GrammarLimits) throws(GrammarError) {
        try self.init(rules: [Rule(name: "root", body: body)], root: 0, limits: limits)
    }

    /// Whether it has references to tokens, such as `<think>`: then tokens must be accepted with their ids.
    public var mentionsTokens: Bool { !source.program.tokens.isEmpty }

    static let tooLarge = GrammarError(
        .tooLarge, "The grammar is too ambiguous or too deep: it may be in the middle of too many things at once.")
}
