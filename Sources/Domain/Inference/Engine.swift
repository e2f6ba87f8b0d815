import Foundation
import Streaming
import Synchronization
public import Vocabulary

/// One model that writes for many: admission on the caller's task, everything else on the engine's own thread.
///
/// The thread owns the model's context. Callers reach it through a mailbox; answers come back through one bounded
/// `Outlet` each, to which the thread offers and never waits.
public final class Engine<Tokenizer: Tokenizing>: Generating {
    private let tokenizer: Tokenizer
    private let chat: ChatTemplate?
    private let served: ServedModel
    private let options: EngineOptions
    private let mailbox: Mailbox<EngineMessage>
    private let exit: AsyncStream<Void>
    /// How the thread fares, for health checks and metrics.
    public let heartbeat: Heartbeat

    /// Starts the thread and returns when the model's context is made.
    ///
    /// - Parameters:
    ///   - served: the name and limits that are told to clients.
    ///   - tokenizer: the model's vocabulary.
    ///   - chat: the model's chat template, if it has one.
    ///   - options: the bounds.
    ///   - makeRuntime: called once, on the engine's thread.
    /// - Throws: what `makeRuntime` throws.
    public init<Runtime: ModelRuntime & SendableMetatype>(
        served: ServedModel, tokenizer: Tokenizer, chat: ChatTemplate?, options: EngineOptions,
        makeRuntime: @escaping @Sendable () throws -> Runtime
    ) async throws {
        self.tokenizer = tokenizer
        self.chat = chat
        self.served = served
        self.options = options
        let mailbox = Mailbox<EngineMessage>()
        let heartbeat = Heartbeat()
        self.mailbox = mailbox
        self.heartbeat = heartbeat
        let (exit, exited) = AsyncStream.makeStream(of: Void.self)
        self.exit = exit
        try await withCheckedThrowingContinuation { (ready: CheckedContinuation<Void, any Error>) in
            let thread = Thread {
                defer { exited.finish() }
                do {
                    let runtime = try makeRuntime()
                    ready.resume()
                    var loop = EngineLoop(
                        runtime: runtime, tokenizer: tokenizer, options: options, model: served.id, mailbox: mailbox,
                        heartbeat: heartbeat)
                    loop.run()
                } catch {
                    ready.resume(throwing: error)
                }
            }
            thread.name = "engine"
            thread.stackSize = 8 << 20
            thread.start()
        }
    }

    deinit { mailbox.post(.stop) }

    public func models() async -> [ServedModel] { [served] }

    /// Admits the request and queues it. See `Generating`.
    public func generate(_ request: GenerationRequest) async throws -> any GenerationStream {
        guard request.model == served.id || request.model.name.isEmpty else {
            throw ServiceError(
                .modelNotFound, "The model '\(request.model)' is not served here.",
                hint: "Ask for '\(served.id)'.", parameter: "model")
        }
        let admitted = try AdmittedRequest.admit(
            request, tokenizer: tokenizer, chat: chat, contextTokens: options.contextTokens,
            samplingDefaults: options.samplingDefaults)
        guard let key = heartbeat.enter(liveMax: options.sequencesMax + options.waitingMax) else {
            throw ServiceError(
                .overloaded, "\(options.waitingMax) requests are waiting already.",
                hint: "Try again shortly, or raise `engine.queueMax`.", retryAfter: .seconds(1))
        }
        let mailbox = mailbox
        let outlet = Outlet<GenerationEvent>(
            capacity: options.eventsMax, onRoom: { mailbox.post(.room(key)) },
            onReaderGone: { mailbox.post(.cancel(key)) })
        let stream = outlet.stream()
        guard mailbox.post(.submit(key, admitted, outlet, .now)) else {
            heartbeat.leave()
            throw ServiceError.shuttingDown
        }
        if case .chat(_, let tools) = request.prompt, !tools.isEmpty {
            return ToolCallStream(stream, requestID: request.id)
        }
        return stream
    }

    /// Ends every generation with an error, then the thread. Returns when the thread has ended.
    public func stop() async {
        mailbox.post(.stop)
        for await _ in exit {}
    }

    /// Counts the tokens of a text as it stands, without special ones.
    public func tokens(of text: String) throws(ServiceError) -> [Int32] {
        try tokenizer.tokens(of: text, addsSpecial: false, parsesSpecial: true)
    }
}

extension ServiceError {
    /// The answer to whoever comes, or still waits, when the engine stops.
    static var shuttingDown: ServiceError {
        ServiceError(.shuttingDown, "The server is shutting down.", hint: "Send the request again.")
    }
}

/// What reaches the engine's thread.
enum EngineMessage: Sendable {
    case submit(UInt64, AdmittedRequest, Outlet<GenerationEvent>, ContinuousClock.Instant)
    /// The reader went.
    case cancel(UInt64)
    /// The reader has room again.
    case room(UInt64)
    case stop
}
