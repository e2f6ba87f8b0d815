import JSONText
import Vocabulary

/// Answers of chat sockets that go on for a while when their socket is lost, so that another socket of the same user takes them
/// up again.
public final class ChatSocketAnswers: Sendable {
    /// Whose an answer is.
    private struct Owner: Hashable, Sendable {
        let tenant: TenantID
        let user: UserID

        static var current: Owner {
            let principal = Principal.current ?? .open
            return Owner(tenant: principal.tenant, user: principal.user)
        }
    }

    /// More was written than is kept, which is of no use to anybody; readers are told.
    private struct Overflow: Error {}

    /// Seconds that an answer waits for a reader, as its client wants it.
    static let patiences = 1...300

    private let answers: DetachedAnswers<Owner, ChatSocketEvent>
    private let newID: @Sendable () -> String

    /// - Parameters:
    ///   - newID: text that no answer had before.
    ///   - hold: as of ``DetachedAnswers``.
    public init(
        newID: @escaping @Sendable () -> String,
        hold: @escaping @Sendable (@escaping @Sendable (String) -> Void) -> @Sendable () -> Void = { _ in {} }
    ) {
        answers = DetachedAnswers(hold: hold, bytes: \.byteCount)
        self.newID = newID
    }

    /// Begins an answer for whoever asks.
    ///
    /// - Parameters:
    ///   - body: of the request.
    ///   - seconds: after how many it ends without a reader, and is forgotten when it is finished.
    ///   - writer: of the answer.
    /// - Returns: what it is called.
    /// - Throws: `overloaded` when there are too many; `shuttingDown`.
    func start(_ body: JSONValue, keptFor seconds: Int, _ writer: ChatSocketWriter) throws(ServiceError) -> String {
        let id = "ans_" + newID()
        try answers.start(id, of: .current, parameter: "keep", patience: .seconds(seconds)) { [answers] log in
            do {
                try await writer.write(body, fault: { answers.isCancelled(id) ? nil : answers.fault(id) }) { event in
                    guard log.append([event]) else { throw Overflow() }
                }
            } catch {
                return
            }
        }
        return id
    }

    /// Reads an answer of whoever asks, until its last event.
    ///
    /// - Parameters:
    ///   - id: of the answer.
    ///   - number: of the last chunk that is not to be read again; `nil` reads all.
    ///   - tell: takes an event.
    /// - Throws: what `tell` throws; `notFound` where there is no such answer, or it is another's.
    func read(_ id: String, after number: Int?, _ tell: (ChatSocketEvent) async throws -> Void) async throws {
        let found: Void? = try await answers.reading(id, of: .current) { log in
            try await log.follow(after: -1) { event in
                if let number, event.isPassing || event.sequence.map({ $0 <= number }) ?? false { return }
                try await tell(event)
            }
        }
        guard found != nil else {
            throw ServiceError(
                .notFound, "There is no answer '\(id.prefix(80))' to be taken up.",
                hint: "An answer waits for as many seconds as 'keep' said when it was started.",
                parameter: "answer")
        }
    }

    /// Ends an answer of whoever asks.
    func cancel(_ id: String) async { _ = await answers.cancel(id, of: .current) }

    /// Ends all of them. No more are taken.
    public func shutDown() async { await answers.shutDown() }
}
