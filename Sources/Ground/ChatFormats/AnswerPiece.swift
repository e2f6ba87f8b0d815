public import Vocabulary

/// What an answer's text turned out to be.
public enum AnswerPiece: Sendable, Equatable {
    case reasoning(String)
    case text(String)
    /// A tool call begins; `index` counts from 0 within the answer.
    case callStarted(index: Int, name: String, id: String?)
    /// More of a call's arguments, as JSON text.
    case callArguments(index: Int, String)
    case warning(GenerationWarning)
}
