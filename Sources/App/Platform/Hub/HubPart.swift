import AdminAPI
import Configuration
import Foundation
import HTTPFetching
import HTTPServing
import JSONText
import Jobs
import Launch
import ModelHub
import Synchronization
import Telemetry
import Vocabulary

/// The platform's downloads: a kind of job, and its routes.
struct HubPart: Sendable {
    let setting: DownloadSetting
    let client: HubClient
    let throttle: Throttle
    private let http: HTTPClient
    private let live = LiveDownloads()
    private let settings: HubConfiguration
    private let logger: Logger

    /// Threads for the disk: two that write, one that makes checksums, one that syncs.
    private static let diskThreads = 4

    /// - Parameters:
    ///   - configuration: the hub's address and token, and the data directory.
    ///   - logger: of this part.
    /// - Throws: when the HTTP client cannot be started.
    init(_ configuration: Configuration, logger: Logger) throws {
        let http = try HTTPClient(HTTPHubTransport.clientConfiguration.named("llama-nexus/\(productVersion)"))
        let time = HubTime.system
        let address = HubAddress(configuration.hub.url)
        let root = URL(filePath: configuration.dataDir).appending(path: "models").path
        client = HubClient(
            address: address, token: configuration.hub.token?.revealed,
            transport: HTTPHubTransport(client: http, isHubNear: configuration.hub.url.lowercased().hasPrefix("http:")),
            time: time)
        throttle = Throttle(bytesPerSecond: configuration.hub.bandwidthMax?.bytes, time: time)
        setting = DownloadSetting(
            client: client, folder: DiskModelFolder(root: root, threads: DiskThreads(count: Self.diskThreads)),
            throttle: throttle, desk: TransferDesk(),
            options: TransferOptions(connections: configuration.hub.connections))
        self.http = http
        self.logger = logger
        settings = configuration.hub
    }

    /// Ends all exchanges with the hub.
    func shutDown() async { await http.shutDown() }

    // MARK: the job

    /// Downloads as a kind of job.
    ///
    /// - Parameters:
    ///   - started: called when a download begins, with what was asked for.
    ///   - ended: called when it is over: with the model, or with the error.
    /// - Returns: the kind to register with the runner. Submissions of the same reference are one job.
    func kind(
        started: @escaping @Sendable (HubReference) async throws -> Void = { _ in },
        ended: @escaping @Sendable (HubReference, Result<DownloadedModel, any Error>) async throws -> Void = { _, _ in }
    ) -> JobKind {
        JobKind(
            DownloadJob.name, runningMax: 3,
            identity: { $0[DownloadJob.reference]?.string },
            check: { parameters in try DownloadJob.check(parameters) }
        ) { context in
            let reference = try DownloadJob.reference(of: context.parameters)
            try await started(reference)
            do {
                let model = try await run(reference, context)
                try await ended(reference, .success(model))
                return DownloadJob.result(model)
            } catch let error as HubError {
                try await ended(reference, .failure(error))
                throw error.recorded
            } catch {
                try await ended(reference, .failure(error))
                throw error
            }
        }
    }

    private func run(_ reference: HubReference, _ context: JobContext) async throws -> DownloadedModel {
        defer { live.forget(context.id) }
        let download = Download(
            reference, setting: setting,
            progress: { progress in
                live.note(context.id, progress)
                context.report(DownloadJob.progress(progress))
            },
            event: { event in
                context.log(event.line)
                logger.info("download", ["job": .string(context.id.text), "event": .string(event.line)])
            })
        return try await download.run()
    }

    // MARK: routes

    func routes(_ runner: JobRunner) -> [Route] {
        DownloadRoutes(
            runner: runner, client: client, throttle: throttle,
            hub: HubDescription(
                url: settings.url, hasToken: settings.token != nil, connections: settings.connections),
            progress: { live.progress(of: $0) }
        ).routes
    }
}

/// How far running downloads are, in more detail than jobs keep.
private final class LiveDownloads: Sendable {
    private let progress = Mutex<[JobID: DownloadProgress]>([:])

    func note(_ id: JobID, _ new: DownloadProgress) { progress.withLock { $0[id] = new } }
    func forget(_ id: JobID) { progress.withLock { $0[id] = nil } }
    func progress(of id: JobID) -> DownloadProgress? { progress.withLock { $0[id] } }
}

extension HubTime {
    /// This machine's clocks and chance.
    static let system = HubTime(
        now: { ContinuousClock.now }, sleep: { try await Task.sleep(for: $0) },
        chance: { Double.random(in: 0...1) },
        unixSeconds: { Int(clamping: UnixTime.now().nanoseconds / 1_000_000_000) })
}

extension HTTPClient.Configuration {
    fileprivate func named(_ userAgent: String) -> Self {
        var configuration = self
        configuration.userAgent = userAgent
        return configuration
    }
}
