import Configuration
import Conversations
import HTTPServing
import JSONText
import Jobs
import LlamaServerAPI
import Launch
import OllamaAPI
import OpenAIAPI
import Records
import RequestScope
import ResponsesAPI
import Storage
import Telemetry
import Vocabulary

/// The APIs that clients of other servers know, beside OpenAI's chats and Anthropic's messages: Ollama's, llama-server's own,
/// responses and conversations that are kept, chats over a WebSocket.
struct SurfacesPart: Sendable {
    private let service: any ModelService
    private let gateway: ModelGateway
    private let routing: RoutedService
    private let admission: AdmissionDesk
    private let models: OllamaModels
    private let memory: ResponseMemory
    private let background: BackgroundResponses
    private let chats: ChatSocketAnswers
    private let origins: Set<String>
    private let settings: ResponseConfiguration
    private let logger: Logger

    /// How often old responses are looked for, and it is noted who writes.
    private static let tendPause = Duration.seconds(30)

    /// - Parameters:
    ///   - service: what answers, with everything that decides about requests.
    ///   - gateway: the way to workers.
    ///   - routing: who answers to a name.
    ///   - admission: whom limits let in.
    ///   - standing: whether those who asked for something in the background may still ask.
    ///   - catalog: the models of this machine.
    ///   - runner: of downloads.
    ///   - database: what is kept.
    ///   - configuration: how long, and whose pages may connect.
    ///   - logger: of this part.
    init(
        _ service: any ModelService, gateway: ModelGateway, routing: RoutedService, admission: AdmissionDesk,
        standing: BackgroundStanding, catalog: CatalogPart, runner: JobRunner, database: Database,
        configuration: Configuration, logger: Logger
    ) {
        self.service = service
        self.gateway = gateway
        self.routing = routing
        self.admission = admission
        background = BackgroundResponses(standing)
        let now: @Sendable () -> Int64 = { UnixTime.now().nanoseconds / 1_000 }
        let suffix: @Sendable () -> String = {
            var random = SystemRandomNumberGenerator()
            return sortableSuffix(millisecondsSinceEpoch: now() / 1_000, using: &random)
        }
        chats = ChatSocketAnswers(newID: suffix, hold: standing.hold)
        self.logger = logger
        models = OllamaModels(
            deployments: gateway.deployments, catalog: catalog.catalog, operations: catalog.importer, runner: runner)
        origins = Set(configuration.server.corsOrigins)
        settings = configuration.responses
        memory = ResponseMemory(
            responses: ResponseRecords(database, now: now),
            conversations: StoredConversationRecords(database, now: now),
            now: now, suffix: suffix, writer: ProcessOwner.current().text, isGone: { ProcessOwner($0)?.isGone ?? false }
        )
    }

    var routes: [Route] {
        let seconds = Self.seconds
        return responses.routes
            + ConversationRoutes(memory).routes + ModerationRoutes.routes
            + OllamaRoutes(service, library: models, version: productVersion, now: { .now() }).routes
            + ChatSocketRoutes(service, kept: chats, origins: origins, now: seconds).routes
            + RelayRoutes(WorkerRelay(gateway: gateway, routing: routing, desk: admission)).routes + native(seconds)
    }

    private var responses: ResponsesRoutes {
        ResponsesRoutes(service, now: Self.seconds, memory: memory, background: background)
    }

    private static let seconds: @Sendable () -> Int64 = { UnixTime.now().nanoseconds / 1_000_000_000 }

    /// llama-server's endpoints that the platform answers by its own services.
    private func native(_ seconds: @escaping @Sendable () -> Int64) -> [Route] {
        let routes =
            OpenAIRoutes(service, now: seconds).nativeRoutes + EmbeddingRoutes(service, now: seconds).aliases
        return routes.map { route in
            var named = route
            let name = route.pattern.split(separator: "/").joined(separator: "_")
            named.description.operation = "native_\(name)"
            named.description.summary = "llama-server's \(route.pattern)."
            named.description.tags = ["llama-server"]
            named.description.permission = "chat.use"
            return named
        }
    }

    /// Of APIs whose errors look different from those of their paths.
    static let errorShapes: [ErrorShape] =
        OllamaErrors.shapes
        + ([
            "/completion", "/completions", "/infill", "/embedding", "/embeddings", "/rerank", "/reranking",
        ] + RelayRoutes.paths).map { .openAI(below: $0) }

    /// Forgets what is too old, and tells that this process lives, until its task is cancelled.
    ///
    /// - Parameter isServing: whether it also writes what processes that died have left.
    func run(isServing: Bool) async {
        while !Task.isCancelled {
            do {
                try await memory.tend(keptFor: settings.keep, keptMax: settings.keptMax)
                if isServing { try await responses.takeUpLost() }
            } catch {
                guard !error.isCancellation else { return }
                logger.warning("stored responses could not be tended", [.error: .error(error)])
            }
            do { try await Task.sleep(for: Self.tendPause) } catch { return }
        }
    }

    /// Ends what is written without its clients.
    func shutDown() async {
        await background.shutDown()
        await chats.shutDown()
    }
}
