import HTTPServing
import JSONText
import RequestScope
import Synchronization
import Vocabulary

/// One chat socket from its opening to its end. A slow reader holds its answers up, as a slow reader of a stream does.
final class ChatSocketSession: Sendable {
    /// Answers that are written at once.
    static let answersMax = 16

    private struct State {
        var answers: [String: Task<Void, Never>] = [:]
        var count = 0
    }

    private let socket: WebSocket
    private let source: any Generating
    private let id: RequestID
    private let scheduling: SchedulingOptions
    private let now: @Sendable () -> Int64
    private let state = Mutex(State())

    init(
        socket: WebSocket, source: any Generating, id: RequestID, scheduling: SchedulingOptions,
        now: @escaping @Sendable () -> Int64
    ) {
        self.socket = socket
        self.source = source
        self.id = id
        self.scheduling = scheduling
        self.now = now
    }

    /// Answers until the client closes; whatever is being written then is ended.
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
                try await self.send(pong)
            }
        case .cancel(let id):
            // One that has ended meanwhile is no mistake.
            state.withLock { $0.answers[id] }?.cancel()
        case .start(let id, let body):
            let number = try place(id)
            let request = self.id.answer(number)
            let answer = Task { await self.answer(id, request, body) }
            state.withLock { $0.answers[id] = answer }
            group.addTask {
                await withTaskCancellationHandler {
                    await answer.value
                } onCancel: {
                    answer.cancel()
                }
                self.state.withLock { $0.answers[id] = nil }
            }
        }
    }

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

    private func endAll() { for task in state.withLock({ Array($0.answers.values) }) { task.cancel() } }

    // MARK: One answer

    /// Writes one answer: its chunks, then its end. A socket that is gone ends it.
    private func answer(_ id: String, _ request: RequestID, _ body: JSONValue) async {
        var sequence = 0
        do {
            do {
                try await write(id, request, body, &sequence)
            } catch is CancellationError {
                try await finish(id, sequence, "cancelled")
            } catch let error as WebSocketError {
                throw error
            } catch {
                let known =
                    error as? ServiceError
                    ?? ServiceError(.internalError, "Something went wrong on the server.", hint: "The log tells what.")
                try await send(known, id, request)
                try await finish(id, sequence, "error")
            }
        } catch {
            // Nobody listens any more.
            return
        }
    }

    private func write(_ id: String, _ requestID: RequestID, _ body: JSONValue, _ sequence: inout Int) async throws {
        var request = try CompletionRequest.chat(body.bytes, id: requestID, scheduling: scheduling)
        guard request.choicesPerPrompt == 1 else {
            throw ServiceError(
                .unsupported, "'n' is \(request.choicesPerPrompt); a socket has one answer for each start.",
                hint: "Start several.", parameter: "n")
        }
        request.isStreaming = true
        request.wishes.apply(to: &request.generation.reports, isStreaming: true)
        request.generation.scheduling.reportsLoading = true
        let model = await source.servedName(for: request.generation.model)
        let stream = try await source.generate(request.generation)
        var encoder = CompletionEncoder(request, model: model, created: now())
        var end: GenerationEnd?
        for try await event in stream {
            if case .loading(let stage) = event {
                try await send(["type": "loading", "id": .string(id), "stage": .string(stage.name)])
            }
            for chunk in encoder.chunks(for: event) { try await send(chunk, id, &sequence) }
            if case .finished(let finished) = event { end = finished }
        }
        guard let end else {
            try Task.checkCancellation()
            throw ServiceError.brokeOff
        }
        try await send(encoder.chunk(usage: end.usage, timings: end.wireTimings), id, &sequence)
        try await finish(id, sequence, "done")
    }

    private func send(_ chunk: JSONValue, _ id: String, _ sequence: inout Int) async throws {
        try await send(["type": "chunk", "id": .string(id), "sequence": .whole(sequence), "chunk": chunk])
        sequence += 1
    }

    /// The last message about an answer.
    private func finish(_ id: String, _ sequence: Int, _ reason: String) async throws {
        try await unlessCancelled([
            "type": "done", "id": .string(id), "reason": .string(reason), "chunks": .whole(sequence),
        ])
    }

    private func send(_ error: ServiceError, _ id: String?, _ request: RequestID? = nil) async throws {
        var object = WireError(error, requestID: request ?? self.id).body.object ?? [:]
        object["type"] = "error"
        object["id"] = id.map(JSONValue.string)
        try await send(object)
    }

    private func send(_ object: JSONObject) async throws { try await socket.send(.text(JSONValue.object(object).text)) }

    /// Sends also from a task that was cancelled, because that is what is to be told.
    private func unlessCancelled(_ object: JSONObject) async throws {
        try await Task { try await self.send(object) }.value
    }
}

extension RequestID {
    /// The id of one answer on a socket: the socket's with the answer's number.
    fileprivate func answer(_ number: Int) -> RequestID {
        let suffix = "-\(number)"
        return RequestID(text.prefix(Self.lengthMax - suffix.utf8.count) + suffix) ?? self
    }
}
