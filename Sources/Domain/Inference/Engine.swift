import ChatFormats
import Foundation
import Streaming
import Synchronization
public import Vocabulary

/// One model that writes for many: admission on the caller's task, everything else on the engine's own thread.
///
/// The thread owns the model's context. Callers reach it through a mailbox; answers come back through one bounded
/// `Outlet` each, to which the thread offers and never waits.
public final class Engine<Tokenizer: Tokenizing>: Generating {
    private let served: ServedModel
    let options: EngineOptions
    let admission: Admission<Tokenizer>
    let mailbox: Mailbox<EngineMessage>
    private let room: WaitingRoom<Submission>
    let book: AdapterBook
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
    ///   - shelf: where the prefix cache keeps what has no room in memory, and finds it after a restart.
    ///   - heartbeat: goes on counting where an engine left off whose place this one takes.
    ///   - makeDraft: makes a smaller model of the same vocabulary, with a sequence for each slot, that guesses tokens
    ///     ahead; called once, on the engine's thread.
    ///   - makeRuntime: called once, on the engine's thread.
    /// - Throws: what `makeRuntime` and `makeDraft` throw.
    public init(
        served: ServedModel, tokenizer: Tokenizer, chat: ChatTemplate?, options: EngineOptions,
        shelf: (any CacheShelf)? = nil, heartbeat: Heartbeat = Heartbeat(),
        makeDraft: (@Sendable () throws -> any ModelRuntime)? = nil,
        makeRuntime: @escaping @Sendable () throws -> any ModelRuntime
    ) async throws {
        self.served = served
        self.options = options
        admission = Admission(
            tokenizer: tokenizer, chat: chat, format: options.format, options: options, grammars: GrammarStore())
        let parts = EngineParts(
            mailbox: Mailbox(), heartbeat: heartbeat,
            room: WaitingRoom(waitingMax: options.waitingMax, slots: options.sequencesMax),
            vocabulary: EngineVocabulary(tokenizer, preservedTexts: options.format.preservedTexts), shelf: shelf,
            book: AdapterBook(countMax: options.adapters.countMax))
        mailbox = parts.mailbox
        self.heartbeat = heartbeat
        room = parts.room
        book = parts.book
        let (exit, exited) = AsyncStream.makeStream(of: Void.self)
        self.exit = exit
        try await withCheckedThrowingContinuation { (ready: CheckedContinuation<Void, any Error>) in
            let thread = Thread {
                defer { exited.finish() }
                do {
                    var loop = EngineLoop(
                        runtime: try makeRuntime(), tokenizer: tokenizer, options: options, model: served.id,
                        parts: parts)
                    try loop.loadAdapters(options.adapters.initial)
                    loop.measureRows()
                    try loop.startSpeculation(makeDraft)
                    ready.resume()
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

    deinit { mailbox.post(.stop(.shuttingDown)) }

    public func models() async -> [ServedModel] { [served] }

    /// Admits the request and queues it. See `Generating`.
    ///
    /// There is one model, and it answers to any name: whoever stands in front of several models has chosen.
    public func generate(_ request: GenerationRequest) async throws -> any GenerationStream {
        let arrived = ContinuousClock.now
        var admitted = try admission.admit(request)
        admitted.request.adapters = try book.lease(request.adapters)
        if request.isReproducible { admitted.request.modelHash = await options.identity.modelHash() }
        let key = heartbeat.enter()
        let mailbox = mailbox
        let outlet = Outlet<GenerationEvent>(
            capacity: options.eventsMax, onRoom: { mailbox.post(.room(key)) },
            onReaderGone: { mailbox.post(.cancel(key)) })
        let stream = outlet.stream()
        do throws(ServiceError) {
            try room.enter(
                Submission(key: key, request: admitted.request, outlet: outlet, arrived: arrived),
                mayWait: options.waitingMax > 0)
        } catch {
            heartbeat.leave()
            throw error
        }
        mailbox.post(.arrived)
        guard let reading = admitted.reading else {
            return DetailedStream.around(WrittenStream(stream), admitted.details)
        }
        let answer = AnswerStream(stream, format: options.format, reading: reading, requestID: request.id)
        return DetailedStream.around(answer, admitted.details)
    }

    /// Ends every generation with an error, then the thread. Returns when the thread has ended.
    ///
    /// - Parameter error: what those are told who wait or read, and those who come afterwards.
    public func stop(telling error: ServiceError = .shuttingDown) async {
        mailbox.post(.stop(error))
        for await _ in exit {}
    }
}

extension ServiceError {
    /// The answer to whoever comes, or still waits, when the engine stops.
    public static var shuttingDown: ServiceError {
        ServiceError(.shuttingDown, "The server is shutting down.", hint: "Send the request again.")
    }
}

/// What reaches the engine's thread.
enum EngineMessage: Sendable {
    /// Somebody waits in the room.
    case arrived
    /// The reader went.
    case cancel(UInt64)
    /// The reader has room again.
    case room(UInt64)
    case inspect(@Sendable (EngineInspectionResult) -> Void)
    /// Vectors of one of a prompt's images or recordings were computed, or not.
    case encoded(UInt64, Int, Result<[Float], ServiceError>, Duration)
    case invalidate(UInt64, @Sendable (Result<Int, ServiceError>) -> Void)
    case slot(SlotOrder)
    case loadAdapter(AdapterCandidate, @Sendable (Result<AdapterReport, ServiceError>) -> Void)
    case removeAdapter(Int, @Sendable (Result<AdapterReport, ServiceError>) -> Void)
    /// Ends everything, with this error for those who wait.
    case stop(ServiceError)
}

/// What the engine's thread shares with the tasks around it.
struct EngineParts: Sendable {
    let mailbox: Mailbox<EngineMessage>
    let heartbeat: Heartbeat
    let room: WaitingRoom<Submission>
    let vocabulary: EngineVocabulary
    let shelf: (any CacheShelf)?
    let book: AdapterBook
}
