import CacheFiles
import Digests
import Foundation
import Inference
import Telemetry
import Vocabulary

/// The prefix cache's shelf as files in a folder.
struct CacheFileShelf: CacheShelf {
    private let folder: CacheFolder
    private let logger: Logger

    /// - Parameters:
    ///   - options: where, for what, and how much.
    ///   - logger: is told what goes wrong.
    init(_ options: CacheFolder.Options, logger: Logger) {
        self.logger = logger
        folder = CacheFolder(options) { event in Self.tell(event, logger) }
    }

    func contents() -> [ShelfEntry] {
        folder.contents().map { entry in
            ShelfEntry(
                name: entry.name, tenant: entry.tenant.map(TenantID.init), adapters: entry.adapters,
                tokens: entry.tokens, start: entry.start, bytes: entry.bytes)
        }
    }

    func put(_ state: ShelvedState) -> String? {
        folder.put(
            KeptState(
                tenant: state.tenant?.name, adapters: state.adapters, tokens: state.tokens, start: state.start,
                state: state.state))
    }

    func get(_ name: String) -> ShelvedState? {
        folder.get(name).map { kept in
            ShelvedState(
                tenant: kept.tenant.map(TenantID.init), adapters: kept.adapters, tokens: kept.tokens,
                start: kept.start, state: kept.state)
        }
    }

    func remove(_ name: String) { folder.remove(name) }
    func settle(within patience: Duration) -> Bool { folder.settle(within: patience) }
    var rejectedCount: Int { folder.rejectedCount }
    var bytes: Int { folder.bytes }
    var bytesMax: Int { folder.bytesMax }

    /// Waits until everything is written, before the process ends. What is not written in time is not kept.
    func finish(within patience: Duration) async {
        let isDone = await withCheckedContinuation { continuation in
            // Waiting blocks, so it gets a thread of its own.
            Thread { continuation.resume(returning: settle(within: patience)) }.start()
        }
        if !isDone { logger.warning("the disk was too slow to keep the whole prefix cache") }
        if folder.refusedCount + folder.failedCount > 0 {
            logger.notice(
                "parts of the prefix cache were not kept on disk",
                ["refused": .integer(Int64(folder.refusedCount)), "failed": .integer(Int64(folder.failedCount))])
        }
    }

    private static func tell(_ event: CacheFolderEvent, _ logger: Logger) {
        switch event {
        case .unusable(let reason):
            logger.error("the prefix cache cannot use its folder", [.error: .string(reason)])
        case .rejected(let file, let reason, let isRemoved):
            logger.warning(
                isRemoved ? "a cache file was damaged and is removed" : "a cache file was not taken",
                ["file": .string(file), "reason": .string(reason)])
        case .leftoversRemoved(let count):
            logger.notice("removed cache files that were half-written", ["count": .integer(Int64(count))])
        case .writingFailed(let reason):
            logger.error("the prefix cache cannot write to its folder", [.error: .string(reason)])
        case .writingWorksAgain:
            logger.notice("the prefix cache can write to its folder again")
        }
    }
}
