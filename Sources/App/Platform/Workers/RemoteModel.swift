import HTTPFetching
import JSONText
import Launch
import OpenAIAPI
import RequestScope
import Streaming
import Telemetry
import Vocabulary

/// A model behind another HTTP server that speaks OpenAI's API: one of our workers on its Unix socket, or any URL.
struct RemoteModel: Sendable {
    /// Where the server is and how to talk to it.
    struct Endpoint: Sendable {
        /// Without a trailing slash and without `/v1`.
        var baseURL: String
        var unixSocketPath: String?
        var apiKey: String?
        /// The model's name there.
        var modelName: String
        /// How long the server may be silent in mid-answer.
        var idleMax: Duration
        /// Asked with the address of each connection; `nil` connects to all.
        var allowsPeer: (@Sendable (PeerAddress) -> Bool)?
    }

    /// An error answer is read up to here.
    private static let errorBytesMax = 256 << 10

    /// Bytes of one read of a stream. Chosen: an event has a few hundred, and each stream has a buffer of this size as long as
    /// it lasts.
    private static let eventReadBytes = 2 << 10

    /// Every stream has a connection of its own: as many of them as there may be exchanges, also to one server.
    static let clientConfiguration = HTTPClient.Configuration(
        userAgent: "llama-nexus/\(productVersion)", transfersMax: 8192, connectionsPerHostMax: 8192,
        connectionsMax: 8192, idleConnectionsMax: 256, receiveBytes: 8 << 10)

    let served: ModelID
    let endpoint: Endpoint
    let client: HTTPClient

    /// Starts an answer.
    ///
    /// - Parameters:
    ///   - request: what to generate.
    ///   - firstByteMax: how long the server may take to say anything, where that is less than it may be silent.
    ///   - totalMax: how long the whole answer may take.
    /// - Returns: the answer.
    /// - Throws: a `ServiceError` when the server refuses or cannot be reached.
    func generate(
        _ request: GenerationRequest, firstByteMax: Duration? = nil, totalMax: Duration? = nil
    ) async throws -> RemoteStream {
        let wire = ClientRequest(request, model: endpoint.modelName)
        let fetched = try await post(
            wire.path, wire.bytes, id: request.id, accepting: "text/event-stream",
            firstByteMax: min(firstByteMax ?? endpoint.idleMax, endpoint.idleMax), totalMax: totalMax,
            receiveBytes: Self.eventReadBytes, resumption: .inline)
        return RemoteStream(body: fetched.body, model: served, course: AnswerNotes.current?.course)
    }

    /// Tokens of the prompt of a chat, as the server counts them.
    ///
    /// - Throws: a `ServiceError` when the server refuses, cannot be reached, or does not count.
    func countTokens(of request: GenerationRequest) async throws -> Int {
        let wire = ClientRequest(request, model: endpoint.modelName)
        do {
            let fetched = try await post(
                TokenCountRoutes.path, wire.bytes, id: request.id, accepting: "application/json",
                firstByteMax: endpoint.idleMax)
            let bytes = try await fetched.body.collect(upTo: Self.errorBytesMax)
            if let count = try JSONValue.parse(bytes)["input_tokens"]?.integer, count >= 0 { return Int(count) }
        } catch let error as ServiceError where error.code == .notFound || error.code == .methodNotAllowed {
            throw ServiceError(
                .unsupported, "The server of '\(served)' does not count tokens.", detail: String(reflecting: error))
        } catch let error as FetchError {
            throw error.serviceError(for: served)
        } catch is JSONSyntaxError {
            // Told below, like every other answer that is no number.
        }
        throw ServiceError(.engineFailed, "The server of '\(served)' sent what is not a number of tokens.")
    }

    /// Sends a request and returns when the server has begun to answer it.
    ///
    /// - Throws: `ServiceError` when the server refuses or cannot be reached.
    func post(
        _ path: String, _ body: [UInt8], id: RequestID, accepting type: String, firstByteMax: Duration,
        totalMax: Duration? = nil, receiveBytes: Int? = nil, resumption: FetchRequest.Resumption = .concurrent
    ) async throws -> FetchResponse {
        try await send(
            FetchRequest(
                endpoint.baseURL + path, method: "POST", headers: headers(id: id, accepting: type),
                body: .bytes(body), unixSocketPath: endpoint.unixSocketPath,
                timeouts: Timeouts(
                    connect: .seconds(5), firstByte: firstByteMax, idle: endpoint.idleMax, total: totalMax),
                receiveBytes: receiveBytes, resumption: resumption, allowsPeer: endpoint.allowsPeer))
    }

    /// Headers of a request with a JSON body, which belongs to the request that is being answered.
    func headers(id: RequestID, accepting type: String) -> FetchHeaders {
        var headers = FetchHeaders()
        headers.add("Content-Type", "application/json")
        headers.add("Accept", type)
        headers.add("X-Request-Id", id.text)
        if let apiKey = endpoint.apiKey { headers.add("Authorization", "Bearer \(apiKey)") }
        if let span = SpanContext.current {
            headers.add("traceparent", span.traceparent)
            if !span.traceState.header.isEmpty { headers.add("tracestate", span.traceState.header) }
        }
        return headers
    }

    /// Sends a request and returns when the server has begun to answer it with status 200.
    ///
    /// - Throws: `ServiceError` when the server refuses or cannot be reached.
    func send(_ request: FetchRequest) async throws -> FetchResponse {
        let fetched: FetchResponse
        do throws(FetchError) {
            fetched = try await AnswerCourse.waiting(AnswerNotes.current?.course) { () async throws(FetchError) in
                try await client.fetch(request)
            }
        } catch {
            throw error.serviceError(for: served)
        }
        guard fetched.status == 200 else { throw try await refusal(fetched) }
        return fetched
    }

    private func refusal(_ response: FetchResponse) async throws -> ServiceError {
        let bytes = try await response.body.collect(upTo: Self.errorBytesMax)
        let body = (try? JSONValue.parse(bytes)) ?? .null
        var error = WireError.serviceError(from: body, status: response.status)
        error.retryAfter = response.headers["Retry-After"].flatMap(Int.init).map { .seconds(max(0, min($0, 3600))) }
        return error
    }
}

/// The events of an answer that another server writes. Dropping it closes the connection, and the server stops writing.
struct RemoteStream: AsyncSequence, Sendable {
    let body: ResponseBody
    let model: ModelID
    /// Told how long the answer was waited for.
    let course: AnswerCourse?

    func makeAsyncIterator() -> Iterator { Iterator(body: body.makeAsyncIterator(), model: model, course: course) }

    /// A reference, so that those who read through one another hold no copies of what was read.
    final class Iterator: ReadyIterator {
        private var body: ResponseBody.Iterator
        private var parser = ServerSentEventParser()
        /// The events that came last, and how many of them were decoded. Empty when that is all of them.
        private var waiting: [ArraySlice<UInt8>] = []
        private var decodedCount = 0
        private var decoder: CompletionDecoder
        private let model: ModelID
        private let course: AnswerCourse?
        /// Events of one text, and how many of them were handed out. Empty when that is all of them.
        private var ready: [GenerationEvent] = []
        private var readCount = 0
        private var isOver = false

        init(body: ResponseBody.Iterator, model: ModelID, course: AnswerCourse?) {
            self.body = body
            self.model = model
            self.course = course
            decoder = CompletionDecoder(model: model)
        }

        func next() async throws -> GenerationEvent? {
            while true {
                if let event = try nextReady() { return event }
                guard !isOver else { return nil }
                try take(try await nextArrival())
            }
        }

        /// Not inlined, so that what it needs does not lie in the frame that waits for the next bytes.
        @inline(never)
        func nextReady() throws -> GenerationEvent? {
            while true {
                if let event = try nextDecoded() { return event }
                // More may have come meanwhile, and the end often comes together with the last events.
                guard !isOver, let arrival = try arrived() else { return nil }
                try take(arrival)
            }
        }

        private func nextDecoded() throws -> GenerationEvent? {
            while true {
                if let event = popReady() { return event }
                guard decodedCount < waiting.count else { return nil }
                let data = waiting[decodedCount]
                decodedCount += 1
                if decodedCount == waiting.count { (waiting, decodedCount) = ([], 0) }
                // Nearly all are a piece of text in the frame of the one before.
                if let text = decoder.text(of: data) {
                    if !text.isEmpty { return .text(text) }
                } else {
                    ready = try decoder.events(for: data)
                }
            }
        }

        private func popReady() -> GenerationEvent? {
            guard readCount < ready.count else { return nil }
            let event = ready[readCount]
            readCount += 1
            if readCount == ready.count { (ready, readCount) = ([], 0) }
            return event
        }

        /// Takes what came, or the end. Not inlined, as ``nextReady()``.
        @inline(never)
        private func take(_ arrival: ResponseBody.Iterator.Arrival) throws {
            guard case .bytes(let bytes) = arrival else {
                isOver = true
                let end = try decoder.end()
                if case .finished(let told) = end, let queue = told.timings?.queue { course?.note(queue: queue) }
                (ready, readCount) = ([end], 0)
                return
            }
            do throws(ServerSentEventError) {
                (waiting, decodedCount) = (try parser.feedPayloads(bytes), 0)
            } catch {
                throw FetchError(.tooLarge, error.description).serviceError(for: model)
            }
        }

        private func arrived() throws -> ResponseBody.Iterator.Arrival? {
            do throws(FetchError) {
                return try body.nextReady()
            } catch {
                throw told(error)
            }
        }

        private func nextArrival() async throws -> ResponseBody.Iterator.Arrival {
            course?.beginWaiting()
            defer { course?.endWaiting() }
            do throws(FetchError) {
                return try await body.next().map { .bytes($0) } ?? .end
            } catch {
                throw told(error)
            }
        }

        /// Not inlined, as ``nextReady()``.
        @inline(never)
        private func told(_ error: FetchError) -> any Error {
            error.code == .cancelled ? CancellationError() : error.serviceError(for: model)
        }
    }
}

extension FetchError {
    /// This failure in the words that clients get. The detail is for logs.
    func serviceError(for model: ModelID) -> ServiceError {
        let detail = String(reflecting: self)
        switch code {
        case .connect, .resolve, .tls, .overloaded, .shutDown:
            return ServiceError(
                .modelUnavailable, "The server of '\(model)' cannot be reached.", hint: "Try again shortly.",
                detail: detail, retryAfter: .seconds(1))
        case .denied:
            return ServiceError(
                .modelUnavailable, "The address of the server of '\(model)' is not one that may be connected to.",
                hint: "`server.outgoing.allow` opens further addresses.", detail: detail)
        case .timeout:
            return ServiceError(
                .timeout, "The server of '\(model)' was silent for too long.", hint: "Send the request again.",
                detail: detail)
        default:
            return ServiceError(
                .engineFailed, "The server of '\(model)' broke off in the middle of the answer.",
                hint: "Send the request again.", detail: detail)
        }
    }
}

extension RemoteModel.Endpoint {
    /// A URL without its trailing slash and without `/v1`, which the API's paths begin with.
    static func base(of url: String) -> String {
        var base = url
        while base.hasSuffix("/") { base.removeLast() }
        return base.hasSuffix("/v1") ? String(base.dropLast(3)) : base
    }
}
