import Synchronization

/// Everything that downloads share.
public struct DownloadSetting: Sendable {
    let client: HubClient
    let folder: any ModelFolder
    let throttle: Throttle
    let desk: TransferDesk
    let options: TransferOptions

    /// - Parameters:
    ///   - client: of the hub.
    ///   - folder: where models are kept.
    ///   - throttle: the bandwidth limit of all downloads.
    ///   - desk: joins downloads of the same file.
    ///   - options: connections, blocks, patience.
    public init(
        client: HubClient, folder: any ModelFolder, throttle: Throttle, desk: TransferDesk,
        options: TransferOptions = TransferOptions()
    ) {
        self.client = client
        self.folder = folder
        self.throttle = throttle
        self.desk = desk
        self.options = options
    }
}

/// The course of one download: list, choose, look for room, fetch file after file. What has arrived is kept on the disk,
/// so that the same download, begun again by whichever process, goes on from there.
public struct Download: Sendable {
    let reference: HubReference
    let setting: DownloadSetting
    private let progress: @Sendable (DownloadProgress) -> Void
    private let event: @Sendable (DownloadEvent) -> Void
    private let begin: @Sendable () async throws -> Void

    /// - Parameters:
    ///   - reference: what is asked for.
    ///   - setting: shared by all downloads.
    ///   - progress: called often, from any thread; must not wait.
    ///   - event: called once for each thing that happens, from any thread; must not wait.
    ///   - begin: called when the hub has what is asked for, before the first byte; again when the repository has changed.
    public init(
        _ reference: HubReference, setting: DownloadSetting,
        progress: @escaping @Sendable (DownloadProgress) -> Void, event: @escaping @Sendable (DownloadEvent) -> Void,
        begin: @escaping @Sendable () async throws -> Void = {}
    ) {
        self.reference = reference
        self.setting = setting
        self.progress = progress
        self.event = event
        self.begin = begin
    }

    /// Runs to the end.
    ///
    /// - Throws: `HubError`; `CancellationError`. Either way what has arrived is kept.
    public func run() async throws -> DownloadedModel {
        var changes = 0
        while true {
            do {
                return try await attempt()
            } catch let change as ChangedContent where changes < setting.options.changesMax {
                changes += 1
                event(.changed(reason: change.what))
                try await setting.client.time.sleep(setting.options.retries.waitMin * changes)
            } catch {
                throw HubError(ending: error) ?? error
            }
        }
    }

    private func attempt() async throws -> DownloadedModel {
        progress(DownloadProgress())
        let listing = try await setting.client.listing(of: reference.repository)
        let choice = try FileChoice.choose(from: listing, selector: reference.selector)
        let transfers = try await transfers(of: choice, at: listing.commit)
        let total = transfers.reduce(0) { $0 + $1.identity.size }
        event(
            .chosen(
                repository: reference.repository.description, commit: listing.commit,
                files: transfers.map(\.identity.path), bytes: total))
        try await begin()
        let gauge = DownloadGauge(
            sizes: transfers.map(\.identity.size), now: setting.client.time.now, progress: progress)
        try await checkSpace(transfers)
        var fetched: [FetchedFile] = []
        for (index, transfer) in transfers.enumerated() {
            gauge.begin(index, transfer.identity.path)
            let file = try await setting.desk.fetch(
                transfer.identity, at: transfer.path, report: { note in hear(note, transfer, index, gauge) },
                run: { report in try await transfer.reporting(to: report).run() },
                settle: { [folder = setting.folder] in try await folder.settle(transfer.path) })
            gauge.finish(index)
            event(
                .fetched(file: transfer.identity.path, checksum: file.checksum.hexadecimal, isVerified: file.isVerified)
            )
            fetched.append(file)
        }
        gauge.finishAll()
        let absolute = { (file: HubFile) in setting.folder.absolute(path(of: file)) }
        return DownloadedModel(
            repository: reference.repository, commit: listing.commit, kind: choice.kind,
            quantisation: choice.quantisation, primaryPath: absolute(choice.primary),
            projectorPath: choice.projector.map(absolute),
            folder: setting.folder.absolute(reference.repository.folder), files: fetched)
    }

    private func path(of file: HubFile) -> String { "\(reference.repository.folder)/\(file.path)" }

    private func transfers(of choice: FileChoice, at commit: String) async throws -> [FileTransfer] {
        var transfers: [FileTransfer] = []
        for file in choice.files {
            var (size, checksum) = (file.size, file.checksum)
            if size == nil {
                let place = try await setting.client.persistently { () async throws -> FilePlace in
                    try await setting.client.place(of: file.path, in: reference.repository, commit: commit)
                }
                (size, checksum) = (place.size, checksum ?? place.checksum)
            }
            guard let size, (0...(1 << 50)).contains(size) else {
                throw HubError(.badAnswer, "The hub does not tell how large '\(file.path)' is.")
            }
            transfers.append(
                FileTransfer(
                    client: setting.client, repository: reference.repository,
                    identity: ContentIdentity(
                        repository: reference.repository.name, commit: commit, path: file.path, size: size,
                        checksum: checksum),
                    path: path(of: file), folder: setting.folder, throttle: setting.throttle,
                    options: setting.options, report: { _ in }))
        }
        return transfers
    }

    /// What is here already needs no more room: finished files of the right size, and finished blocks.
    private func checkSpace(_ transfers: [FileTransfer]) async throws {
        var remaining = 0
        for transfer in transfers {
            let identity = transfer.identity
            if try await setting.folder.size(of: transfer.path) == identity.size { continue }
            let record = try await FileTransfer.record(
                of: transfer.path, identity: identity, folder: setting.folder, options: setting.options)
            let ledger = record.ledger(in: setting.folder.era)
            remaining += identity.size - ledger.finishedBytes
        }
        try SpaceNeed(remaining: remaining, free: try await setting.folder.freeBytes()).check()
    }

    private func hear(_ note: TransferNote, _ transfer: FileTransfer, _ index: Int, _ gauge: DownloadGauge) {
        let file = transfer.identity.path
        switch note {
        case .checking: gauge.check(index)
        case .resumed(let bytes): event(.resumed(file: file, bytes: bytes))
        case .bytes(let bytes): gauge.note(index, bytes: bytes)
        case .checked: gauge.check(index)
        case .setback(let reason, let after):
            event(.setback(file: file, reason: reason, after: after))
            gauge.wait(reason)
        case .ledgerFailed(let reason): event(.ledgerFailed(file: file, reason: reason))
        case .checksumWrong(let expected, let found):
            event(.checksumWrong(file: file, expected: expected.hexadecimal, found: found.hexadecimal))
        }
    }
}

extension FileTransfer {
    /// The same transfer, told to somebody else.
    fileprivate func reporting(to report: @escaping @Sendable (TransferNote) -> Void) -> FileTransfer {
        FileTransfer(
            client: client, repository: repository, identity: identity, path: path, folder: folder, throttle: throttle,
            options: options, report: report)
    }
}

/// Adds up what the files of a download tell, and tells it on at most ten times a second.
private final class DownloadGauge: Sendable {
    private struct State {
        var progress = DownloadProgress()
        var bytes: [Int]
        var meter = RateMeter()
        var told: ContinuousClock.Instant?
    }

    private let sizes: [Int]
    private let now: @Sendable () -> ContinuousClock.Instant
    private let progress: @Sendable (DownloadProgress) -> Void
    private let state: Mutex<State>

    init(
        sizes: [Int], now: @escaping @Sendable () -> ContinuousClock.Instant,
        progress: @escaping @Sendable (DownloadProgress) -> Void
    ) {
        self.sizes = sizes
        self.now = now
        self.progress = progress
        var state = State(bytes: Array(repeating: 0, count: sizes.count))
        state.progress.bytesTotal = sizes.reduce(0, +)
        state.progress.filesTotal = sizes.count
        state.progress.stage = .fetching
        self.state = Mutex(state)
    }

    func begin(_ index: Int, _ file: String) {
        change(isUrgent: true) { state in
            state.progress.stage = .fetching
            state.progress.file = file
            state.progress.note = nil
        }
    }

    func note(_ index: Int, bytes: Int) {
        change { state in
            state.bytes[index] = bytes
            state.progress.stage = .fetching
            state.progress.note = nil
        }
    }

    func check(_ index: Int) { change { $0.progress.stage = .checking } }

    func wait(_ reason: String) {
        change(isUrgent: true) { state in
            state.progress.stage = .waiting
            state.progress.note = reason
        }
    }

    func finish(_ index: Int) {
        change(isUrgent: true) { state in
            state.bytes[index] = sizes[index]
            state.progress.files += 1
        }
    }

    func finishAll() {
        change(isUrgent: true) { state in
            state.progress.stage = .done
            state.progress.file = nil
        }
    }

    private func change(isUrgent: Bool = false, _ body: (inout State) -> Void) {
        let moment = now()
        let told = state.withLock { state -> DownloadProgress? in
            body(&state)
            state.progress.bytes = state.bytes.reduce(0, +)
            state.meter.note(bytes: state.progress.bytes, now: moment)
            state.progress.bytesPerSecond = state.meter.rate.map { Int(max(0, $0)) }
            if !isUrgent, let last = state.told, moment - last < .milliseconds(100) { return nil }
            state.told = moment
            return state.progress
        }
        if let told { progress(told) }
    }
}
