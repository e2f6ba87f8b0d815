import CacheFiles
import Digests
import Foundation
import Inference
import Synchronization
import Telemetry
import Vocabulary

/// What slots hold, in files that clients name, under `--slot-save-path`.
final class SlotFileStore: SlotStoring {
    private let slots: any SlotHolding
    private let folder: String
    private let fingerprint: @Sendable () async -> SHA256.Digest?
    private let logger: Logger
    /// Made when they are first asked for: the fingerprint costs reading the model's file.
    private let files = Mutex(SlotFiles?.none)

    /// - Parameters:
    ///   - slots: the engine.
    ///   - folder: where the files lie.
    ///   - fingerprint: what states are written for; `nil` when the model's file has no hash.
    ///   - logger: is told what was not taken.
    init(
        _ slots: any SlotHolding, folder: String, fingerprint: @escaping @Sendable () async -> SHA256.Digest?,
        logger: Logger
    ) {
        self.slots = slots
        self.folder = folder
        self.fingerprint = fingerprint
        self.logger = logger
    }

    func save(slot: Int, to file: String) async throws(ServiceError) -> SlotFileReport {
        let name = try Self.name(file)
        let files = try await openFiles()
        let began = ContinuousClock.now
        let held = try await slots.held(bySlot: slot)
        let state = KeptState(
            tenant: held.tenant?.name, adapters: held.adapters, tokens: held.tokens, start: 0, state: held.state)
        let bytes = try await onThread { () throws(SlotFileError) in try files.save(state, as: name) }
        return SlotFileReport(file: file, tokens: held.tokens.count, bytes: bytes, elapsed: .now - began)
    }

    func restore(slot: Int, from file: String) async throws(ServiceError) -> SlotFileReport {
        let name = try Self.name(file)
        let files = try await openFiles()
        let began = ContinuousClock.now
        let (kept, bytes) = try await onThread { () throws(SlotFileError) in try files.load(name) }
        let held = ShelvedState(
            tenant: kept.tenant.map(TenantID.init), adapters: kept.adapters, tokens: kept.tokens, start: kept.start,
            state: kept.state)
        try await slots.hold(held, inSlot: slot)
        return SlotFileReport(file: file, tokens: kept.tokens.count, bytes: bytes, elapsed: .now - began)
    }

    func erase(slot: Int) async throws(ServiceError) -> Int { try await slots.erase(slot: slot) }

    private static func name(_ text: String) throws(ServiceError) -> SlotFileName {
        guard let name = SlotFileName(text) else {
            throw ServiceError(
                .invalidValue, "Invalid filename: it must be one name, not a path.",
                hint: "1 to \(SlotFileName.bytesMax) bytes, none of /\\:*?\"<>|, no dot or space at either end.",
                parameter: "filename")
        }
        return name
    }

    private func openFiles() async throws(ServiceError) -> SlotFiles {
        if let open = files.withLock({ $0 }) { return open }
        guard let fingerprint = await fingerprint() else {
            throw ServiceError(
                .engineFailed, "Slots cannot be kept in files, because the model's file has no hash.",
                hint: "The engine's log says why.")
        }
        let made = SlotFiles(folder: folder, fingerprint: fingerprint)
        try await onThread { () throws(SlotFileError) in try made.prepare() }
        files.withLock { $0 = made }
        return made
    }

    /// Waits for the disk on a thread of its own, and tells what went wrong: clients the kind, the log all of it.
    private func onThread<Value: Sendable>(
        _ work: @escaping @Sendable () throws(SlotFileError) -> Value
    ) async throws(ServiceError) -> Value {
        let result: Result<Value, SlotFileError> = await withCheckedContinuation { continuation in
            let thread = Thread {
                do throws(SlotFileError) {
                    continuation.resume(returning: .success(try work()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
            thread.name = "slot files"
            thread.start()
        }
        switch result {
        case .success(let value): return value
        case .failure(let error):
            logger.warning("a slot's file was not used", ["folder": .string(folder), "reason": .string("\(error)")])
            throw Self.refusal(error)
        }
    }

    private static func refusal(_ error: SlotFileError) -> ServiceError {
        switch error {
        case .missing: ServiceError(.invalidValue, "There is no such slot file.", parameter: "filename")
        case .foreign(let reason):
            ServiceError(
                .invalidValue, "The slot file was not taken: \(reason).",
                hint: "Slot files are for the model, the adapters and the cache settings that they were saved with.",
                parameter: "filename")
        case .damaged(let reason):
            ServiceError(.invalidValue, "The slot file is damaged: \(reason).", parameter: "filename")
        case .failed(let reason):
            ServiceError(
                .engineFailed, "The slot's file could not be read or written.", hint: "The engine's log says why.",
                parameter: "filename", detail: reason)
        }
    }
}

extension WorkerEngine {
    /// Where the command line lets clients keep what slots hold.
    ///
    /// - Parameter slots: the running engine.
    /// - Returns: `nil` where nothing was asked for.
    func slotFiles(for slots: any SlotHolding) -> SlotFileStore? {
        guard let folder = arguments.serving.slotSaveDirectory else { return nil }
        let hashes = arguments.cache.directory.map { FileHashStore(folder: "\($0)/hashes", logger: logger) }
        return SlotFileStore(
            slots, folder: folder, fingerprint: { [stateKind] in await stateKind.fingerprint(hashes) },
            logger: logger.labelled("slots"))
    }
}
