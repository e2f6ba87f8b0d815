public import Vocabulary

/// What a parser must know of the request and its prompt.
public struct ParserSetup: Sendable, Equatable {
    /// The functions that may be called. Without any, or with the choice `none`, nothing is taken for a call.
    public var tools: [ToolDefinition]
    public var choice: ToolChoice
    /// `none` leaves thinking in the text, with its tags.
    public var reasoning: ReasoningOptions.Format
    public var opening: AnswerOpening
    /// Whether one answer may hold several calls. A second one where it may not is text, with a warning.
    public var isParallel: Bool

    public init(
        tools: [ToolDefinition] = [], choice: ToolChoice = .auto, reasoning: ReasoningOptions.Format = .auto,
        opening: AnswerOpening = .undecided, isParallel: Bool = true
    ) {
        self.tools = tools
        self.choice = choice
        self.reasoning = reasoning
        self.opening = opening
        self.isParallel = isParallel
    }

    var offeredTools: OfferedTools { OfferedTools(tools.map { ($0.name, $0.parameters) }) }
}

/// Takes an answer apart into thinking, text and calls while it arrives.
///
/// **When a call starts.** Its function was offered by the request, its name is whole, and its arguments have begun (or
/// the call ended without any). Until then what may become a call is held back, at most 64 KiB of it, and is given as
/// text when it is none: with the warning `toolCallUnreadable` if it was marked as a call, with
/// `toolCallIncomplete` if the answer ended in it.
///
/// **What is given out stands.** A call that breaks off after its start keeps the arguments given so far, which then are no
/// whole JSON; a warning follows, and everything of it that was not given out follows as text.
///
/// **Nothing finished is lost.** All pieces together hold every character of the answer, except the tags of forms that
/// were understood, white space next to such tags, and members of a call other than name, id and arguments.
/// The pieces, with neighbours of one kind joined, do not depend on how the answer was cut into `append`s.
public struct AnswerParser: Sendable {
    // One of them is there; as stored properties they change in place.
    private var tagged: TaggedParser?
    private var harmony: HarmonyParser?

    init(format: ChatFormat, setup: ParserSetup) {
        if format.isHarmony {
            harmony = HarmonyParser(setup: setup)
        } else {
            tagged = TaggedParser(format: format, setup: setup)
        }
    }

    /// Takes more of the answer's text, whole characters.
    public mutating func append(_ text: String) -> [AnswerPiece] {
        tagged?.append(text) ?? harmony?.append(text) ?? []
    }

    /// Gives out what was held back; `isCut` when the limit of tokens ended the answer, not the model.
    public mutating func finish(isCut: Bool) -> [AnswerPiece] {
        tagged?.finish(isCut: isCut) ?? harmony?.finish(isCut: isCut) ?? []
    }

    /// The model is thinking now, whether or not that is shown apart.
    public var isThinking: Bool { tagged?.isThinking ?? harmony?.isThinking ?? false }
    /// What to write for the model to end the thinking it is in; `nil` when it does not think.
    public var thinkingEnd: String? { tagged?.thinkingEnd ?? harmony?.thinkingEnd }
    /// A call has begun.
    public var hasCalls: Bool { tagged?.hasCalls ?? harmony?.hasCalls ?? false }
}
