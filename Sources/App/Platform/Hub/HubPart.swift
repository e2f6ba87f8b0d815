import AdminAPI
import Configuration
import Foundation
import HTTPFetching
import HTTPServing
import JSONText
import Jobs
import Launch
import ModelCatalog
import ModelHub
import RequestScope
import Synchronization
import Telemetry
import Vocabulary

/// The platform's downloads: a kind of job, and its routes.
struct HubPart: Sendable {
    let setting: DownloadSetting
    let client: HubClient
    let throttle: Throttle
    private let folder: DiskModelFolder
    private let http: HTTPClient
    private let live = LiveDownloads()
    private let settings: HubConfiguration
    private let logger: Logger

    /// Threads for the disk beside the one that writes: for checksums, and for what waits until the disk has everything.
    private static let diskThreads = 3

    /// - Parameters:
    ///   - configuration: the hub's address and token, and the data directory.
    ///   - keptToken: the token that is kept sealed, where the configuration has none.
    ///   - logger: of this part.
    /// - Throws: when the HTTP client cannot be started.
    init(
        _ configuration: Configuration, keptToken: @escaping @Sendable () -> String? = { nil }, logger: Logger
    ) throws {
        let http = try HTTPClient(HTTPHubTransport.clientConfiguration.named("llama-nexus/\(productVersion)"))
        let time = HubTime.system
        let address = HubAddress(configuration.hub.url)
        let root = URL(filePath: configuration.dataDir).appending(path: "models").path
        client = HubClient(
            address: address,
            currentToken: { [token = configuration.hub.token] in token?.revealed ?? keptToken() },
            transport: HTTPHubTransport(
                client: http, isHubNear: configuration.hub.url.lowercased().hasPrefix("http:"),
                outgoing: OutgoingURLPolicy(allowed: configuration.trust.outgoingAllowed)),
            time: time)
        throttle = Throttle(bytesPerSecond: configuration.hub.bandwidthMax?.bytes, time: time)
        folder = DiskModelFolder(
            root: root, threads: DiskThreads(count: Self.diskThreads), writer: DiskThreads(count: 1),
            era: Self.era())
        setting = DownloadSetting(
            client: client, folder: folder, throttle: throttle, desk: TransferDesk(),
            options: TransferOptions(connections: configuration.hub.connections))
        self.http = http
        self.logger = logger
        settings = configuration.hub
    }

    /// The kernel's name of the time since the machine was started; where there is none, each process is a time of its
    /// own, and what it had not synced is fetched again.
    private static func era() -> String {
        do {
            return try String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
        } catch {
            return UUID().uuidString
        }
    }

    /// Looks at what was complete when the platform ended, and not yet safe from a power cut.
    func settleLeftovers() async {
        do {
            try await Leftovers(of: folder).settle { path in
                logger.warning(
                    "a downloaded file is damaged; the same download mends it", ["file": .string(path)])
            }
        } catch {
            guard !error.isCancellation else { return }
            logger.warning("downloaded files were not looked at", ["error": .string("\(error)")])
        }
    }

    /// Ends all exchanges with the hub.
    func shutDown() async { await http.shutDown() }

    // MARK: the job

    /// What has become of a download.
    enum Outcome: Sendable {
        case here(DownloadedModel)
        /// For people: why.
        case failed(String)
        /// Somebody cancelled it.
        case givenUp
        /// The platform ends; its next start goes on with it.
        case interrupted
    }

    /// Downloads as a kind of job.
    ///
    /// - Parameters:
    ///   - begun: called when the hub has what was asked for, before the first byte.
    ///   - ended: called when a download that has begun is over, however it ended.
    /// - Returns: the kind to register with the runner. Submissions of the same reference are one job.
    func kind(
        begun: @escaping @Sendable (HubReference) async throws -> Void,
        ended: @escaping @Sendable (HubReference, Outcome) async throws -> Void
    ) -> JobKind {
        JobKind(
            DownloadJob.name, runningMax: 3,
            identity: { $0[DownloadJob.reference]?.string },
            check: { parameters in try DownloadJob.check(parameters) }
        ) { context in
            let reference = try DownloadJob.reference(of: context.parameters)
            let hasBegun = Mutex(false)
            // Whoever cancels the job does not mean the writing of what has become of it.
            let end = { @Sendable (outcome: Outcome) async throws -> Void in
                try await Task { try await ended(reference, outcome) }.value
            }
            do {
                let model = try await run(reference, context) {
                    try await begun(reference)
                    hasBegun.withLock { $0 = true }
                }
                try await end(.here(model))
                return DownloadJob.result(model)
            } catch {
                let failure = Self.told(error)
                if hasBegun.withLock({ $0 }) {
                    do {
                        try await end(Self.outcome(of: failure, context))
                    } catch let second {
                        logger.warning("the end of a download was not written", ["error": .string("\(second)")])
                    }
                }
                throw failure
            }
        }
    }

    private static func outcome(of failure: any Error, _ context: JobContext) -> Outcome {
        if failure is CancellationError { return context.isGivenUp ? .givenUp : .interrupted }
        return .failed(
            (failure as? ServiceError).map { error in
                error.hint.map { "\(error.message) \($0)" } ?? error.message
            } ?? "\(failure)")
    }

    /// An error in the words that a job keeps.
    private static func told(_ error: any Error) -> any Error {
        switch error {
        case let error as HubError: error.recorded
        case let error as ModelFileError:
            ServiceError(
                .invalidValue, "The download is complete, but it is no model that can be read: \(error)",
                hint: "The repository's owner may know why. The files are kept.")
        default: error
        }
    }

    private func run(
        _ reference: HubReference, _ context: JobContext, begin: @escaping @Sendable () async throws -> Void
    ) async throws -> DownloadedModel {
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
            },
            begin: begin)
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
        unixSeconds: { Int(clamping: UnixTime.now().seconds) })
}

extension HTTPClient.Configuration {
    fileprivate func named(_ userAgent: String) -> Self {
        var configuration = self
        configuration.userAgent = userAgent
        return configuration
    }
}
