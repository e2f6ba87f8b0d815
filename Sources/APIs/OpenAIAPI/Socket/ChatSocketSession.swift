import HTTPServing
import JSONText
import RequestScope
import Synchronization
import Vocabulary

/// One chat socket from its opening to its end. A slow reader holds up its answers, as a slow reader of a stream does, but for those
/// that are kept.
final class ChatSocketSession: Sendable {
    /// Answers that are told at once.
    static let answersMax = 16

    /// An answer that is being told.
    private struct Telling {
        let task: Task<Void, Never>
        /// What it is called where it is kept.
        let kept: String?
    }

    private struct State {
        var answers: [String: Telling] = [:]
        var count = 0
    }

    private let socket: WebSocket
    private let source: any Generating
    private let kept: ChatSocketAnswers
    private let id: RequestID
    private let scheduling: SchedulingOptions
    private let now: @Sendable () -> Int64
    private let state = Mutex(State())

    init(
        socket: WebSocket, source: any Generating, kept: ChatSocketAnswers, id: RequestID,
        scheduling: SchedulingOptions, now: @escaping @Sendable () -> Int64
    ) {
        self.socket = socket
        self.source = source
        self.kept = kept
        self.id = id
        self.scheduling = scheduling
        self.now = now
    }

    /// Answers until the client closes; whatever is being written then is ended, and what is kept goes on for a while.
    func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            defer { group.cancelAll() }
            for try await message in socket {
                guard case .text(let text) = message else {
                    try await send(
                        ServiceError(.invalidValue, "Messages are texts.", hint: "Send JSON in text frames."), nil)
                    continue
                }
                do throws(ServiceError) {
                    try take(try ChatSocketMessage(text), in: &group)
                } catch {
                    try await send(error, ChatSocketMessage.id(of: text))
                }
            }
            // Those that are left are of no use to anybody.
            endAll()
        }
    }

    private func take(
        _ message: ChatSocketMessage, in group: inout ThrowingDiscardingTaskGroup<any Error>
    ) throws(ServiceError) {
        switch message {
        case .ping(let data):
            group.addTask {
                var pong: JSONObject = ["type": "pong"]
                pong["data"] = data
                try await self.socket.send(.text(JSONValue.object(pong).text))
            }
        case .cancel(let id):
            // One that has ended meanwhile is no mistake.
            guard let telling = state.withLock({ $0.answers[id] }) else { return }
            guard let answer = telling.kept else { return telling.task.cancel() }
            group.addTask { await self.kept.cancel(answer) }
        case .start(let id, let body, let patience):
            let writer = ChatSocketWriter(
                source: source, request: self.id.answer(try place(id)), scheduling: scheduling, now: now)
            guard let patience else {
                return tell(id, in: &group) { await self.answer(id, body, writer) }
            }
            let answer = try kept.start(body, keptFor: patience, writer)
            tell(id, answer, in: &group) {
                await self.pass(on: answer, as: id, after: nil, beginningWith: .kept(answer))
            }
        case .resume(let id, let answer, let number):
            _ = try place(id)
            tell(id, answer, in: &group) { await self.pass(on: answer, as: id, after: number) }
        }
    }

    /// - Returns: the number of the answer on this socket.
    /// - Throws: `conflict`, `overloaded`.
    private func place(_ id: String) throws(ServiceError) -> Int {
        try state.withLock { state throws(ServiceError) in
            guard state.answers[id] == nil else {
                throw ServiceError(
                    .conflict, "An answer with this id is being written.", hint: "Give each one its own.",
                    parameter: "id")
            }
            guard state.answers.count < Self.answersMax else {
                throw ServiceError(
                    .overloaded, "\(Self.answersMax) answers are being written on this socket.",
                    hint: "Wait for one of them to end.", retryAfter: .seconds(1))
            }
            state.count += 1
            return state.count
        }
    }

    private func tell(
        _ id: String, _ kept: String? = nil, in group: inout ThrowingDiscardingTaskGroup<any Error>,
        _ body: @escaping @Sendable () async -> Void
    ) {
        let task = Task { await body() }
        state.withLock { $0.answers[id] = Telling(task: task, kept: kept) }
        group.addTask {
            await withTaskCancellationHandler {
                await task.value
            } onCancel: {
                task.cancel()
            }
            self.state.withLock { $0.answers[id] = nil }
        }
    }

    private func endAll() { for telling in state.withLock({ Array($0.answers.values) }) { telling.task.cancel() } }

    // MARK: One answer

    /// Writes one answer to the socket. A socket that is gone ends it.
    private func answer(_ id: String, _ body: JSONValue, _ writer: ChatSocketWriter) async {
        do {
            try await writer.write(body) { event in
                guard Task.isCancelled else { return try await self.send(event, id) }
                // Sent also from a task that was cancelled, because that is what is to be told.
                try await Task { try await self.send(event, id) }.value
            }
        } catch {
            // Nobody listens any more.
            return
        }
    }

    /// Tells what is kept of an answer, and what comes.
    private func pass(
        on answer: String, as id: String, after number: Int?, beginningWith first: ChatSocketEvent? = nil
    ) async {
        do {
            if let first { try await send(first, id) }
            do {
                try await kept.read(answer, after: number) { try await self.send($0, id) }
            } catch let error as ServiceError {
                try await send(error, id)
                try await send(.done("error", chunks: 0), id)
            }
        } catch {
            // Nobody listens any more.
            return
        }
    }

    private func send(_ event: ChatSocketEvent, _ id: String?) async throws {
        try await socket.send(.text(event.text(id: id)))
    }

    private func send(_ error: ServiceError, _ id: String?) async throws {
        try await send(.error(error, self.id), id)
    }
}

extension RequestID {
    /// The id of one answer on a socket: the socket's with the answer's number.
    fileprivate func answer(_ number: Int) -> RequestID {
        let suffix = "-\(number)"
        return RequestID(text.prefix(Self.lengthMax - suffix.utf8.count) + suffix) ?? self
    }
}
