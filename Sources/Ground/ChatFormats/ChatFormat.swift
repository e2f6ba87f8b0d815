/// How one family of models writes tool calls and thinking.
///
/// Parsing takes more than what the family was taught, because models fall back to forms that they saw elsewhere;
/// `constraint` allows only the family's own form.
public struct ChatFormat: Sendable, Equatable {
    /// A short name, such as `hermes`, by which an operator can choose the format.
    public let name: String
    /// Texts of the tokens that end a call, besides the model's own ends of an answer.
    public let stops: [String]
    /// Between what the family's models think; `nil` when they do not, or not by tags of their own.
    public let thinking: ThinkingTags?
    /// How long the family's call ids are, letters and digits, where its template insists on it.
    public let callIDLength: Int?
    /// Whether one answer can hold several calls in the family's own form.
    public let allowsParallelCalls: Bool

    /// The forms of calls that are recognised, each opener once.
    let calls: [CallSyntax]
    let wrappers: [AnswerWrapper]
    /// Further control tokens inside the forms.
    let marks: [String]
    /// Messages with headers, which need a parser of their own.
    let isHarmony: Bool
    /// How the family was taught to write a call.
    let writing: CallWriting
    /// The template tells the model about tools by itself.
    var rendersTools = true
    /// Whether the model may think before a call that is demanded: one that was never taught to would not find the end.
    var thinksBeforeCalls = true

    init(
        name: String, stops: [String] = [], thinking: ThinkingTags? = nil, callIDLength: Int? = nil,
        calls: [CallSyntax], wrappers: [AnswerWrapper] = [], marks: [String] = [], isHarmony: Bool = false,
        writing: CallWriting
    ) {
        self.name = name
        self.stops = stops
        self.thinking = thinking
        self.callIDLength = callIDLength
        self.allowsParallelCalls = writing.between != nil
        self.calls = calls
        self.wrappers = wrappers
        self.marks = marks
        self.isHarmony = isHarmony
        self.writing = writing
    }

    /// The tags that are recognised: the family's own first, then the usual ones.
    var thinkingTags: [ThinkingTags] {
        guard let thinking, thinking != .think else { return [.think] }
        return [thinking, .think]
    }

    /// The tags that an answer may begin with, whether or not the family was taught them.
    public var expectedThinking: ThinkingTags { thinking ?? .think }

    /// Texts of control tokens that mean something to the parser: the engine shows those tokens as text.
    public var preservedTexts: [String] {
        var texts: [String] = []
        if isHarmony { texts += HarmonyParser.marks }
        if !isHarmony { texts += thinkingTags.flatMap { [$0.start, $0.end] } }
        texts += wrappers.flatMap { [$0.start, $0.end] }
        texts += calls.flatMap { [$0.opener] + $0.closers }.filter { $0.count > 1 }
        texts += marks
        var seen: Set<String> = []
        return texts.filter { seen.insert($0).inserted }
    }

    /// A parser for one answer.
    public func parser(_ setup: ParserSetup) -> AnswerParser { AnswerParser(format: self, setup: setup) }
}
