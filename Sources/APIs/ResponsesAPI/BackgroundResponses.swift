import Conversations
import OpenAIAPI
import Streaming

/// The events of one response of the background.
typealias ResponseLog = EventLog<ServerSentEvent>

/// The responses that this process writes without their clients, and for a while the events of those that are finished.
public struct BackgroundResponses: Sendable {
    let answers: DetachedAnswers<DataOwner, ServerSentEvent>
    let standing: BackgroundStanding

    /// - Parameter standing: whether those who asked may still ask.
    public init(_ standing: BackgroundStanding = BackgroundStanding()) {
        self.standing = standing
        answers = DetachedAnswers(hold: standing.hold, bytes: \.data.utf8.count)
    }

    /// Ends all of them, which are told to have failed. No more are taken.
    public func shutDown() async { await answers.shutDown() }
}
