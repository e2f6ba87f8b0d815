import Digests
import Foundation
import GGUF
import Synchronization
import Telemetry

/// What changes when a file is replaced or written to.
///
/// `changed` is the time of the last change to the content or to anything else about the file, which no program can set back.
struct FileStamp: Sendable, Equatable {
    let device: UInt64
    let number: UInt64
    let bytes: Int64
    let modified: [Int]
    let changed: [Int]

    /// `nil` when there is no such file.
    init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt64(status.st_dev)
        number = UInt64(status.st_ino)
        bytes = Int64(status.st_size)
        modified = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
        changed = [status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
    }

    /// The same for the same file in the same state.
    var text: String { "\(device) \(number) \(bytes) \(modified) \(changed)" }
}

/// The SHA-256 of a large file: computed once, when somebody asks, on a thread of its own.
final class FileHash: Sendable {
    private enum State {
        /// Can go to: running.
        case unasked
        /// Can go to: known.
        case running([CheckedContinuation<String, Never>])
        case known(String)
    }

    private let path: String
    /// Of the file that is meant.
    private let stamp: FileStamp?
    private let logger: Logger
    private let state = Mutex(State.unasked)
    /// Bytes that are read at once.
    private static let pieceBytes = 1 << 20

    /// - Parameters:
    ///   - path: a file that is there now: should another one take its place, it has no hash.
    ///   - logger: is told how long it took.
    init(path: String, logger: Logger) {
        self.path = path
        self.logger = logger
        stamp = FileStamp(path: path)
    }

    /// The hash; the first one who asks waits as long as it takes to read the file.
    ///
    /// - Parameter store: where the hash is kept from one start to the next.
    /// - Returns: 64 hexadecimal digits; empty when the file cannot be read, or is no longer the one that was meant.
    func value(store: FileHashStore? = nil) async -> String {
        await withCheckedContinuation { continuation in
            enum Step { case answer(String), wait, start }
            let step: Step = state.withLock { state in
                switch state {
                case .known(let hash): return .answer(hash)
                case .running(let waiting):
                    state = .running(waiting + [continuation])
                    return .wait
                case .unasked:
                    state = .running([continuation])
                    return .start
                }
            }
            switch step {
            case .answer(let hash): continuation.resume(returning: hash)
            case .wait: break
            case .start:
                let thread = Thread { [self] in finish(find(store)) }
                thread.name = "file hash"
                thread.start()
            }
        }
    }

    private func finish(_ hash: String) {
        let waiting: [CheckedContinuation<String, Never>] = state.withLock { state in
            guard case .running(let waiting) = state else { return [] }
            state = .known(hash)
            return waiting
        }
        for continuation in waiting { continuation.resume(returning: hash) }
    }

    private func find(_ store: FileHashStore?) -> String {
        guard let stamp, FileStamp(path: path) == stamp else {
            logger.error("the file has no hash: it is not the one that was loaded", ["file": .string(path)])
            return ""
        }
        if let known = store?.hash(of: stamp) { return known }
        let began = ContinuousClock.now
        do {
            let hash = try compute()
            guard FileStamp(path: path) == stamp else {
                logger.error("the file has no hash: it changed while it was read", ["file": .string(path)])
                return ""
            }
            logger.info("file hashed", ["file": .string(path), .elapsedMilliseconds: .milliseconds(.now - began)])
            store?.keep(hash, of: stamp)
            return hash
        } catch {
            logger.error(
                "the file has no hash: it cannot be read", ["file": .string(path), .error: .string("\(error)")])
            return ""
        }
    }

    private func compute() throws -> String {
        let file = try FileBytes(path: path)
        var hash = SHA256()
        var offset: UInt64 = 0
        while offset < file.byteCount {
            let piece = try file.read(offset: offset, count: Int(min(UInt64(Self.pieceBytes), file.byteCount - offset)))
            if piece.isEmpty { break }
            hash.update(piece)
            offset += UInt64(piece.count)
        }
        return hash.finish().hexadecimal
    }
}

/// Hashes of files that were computed before, so that a large file is read once and not at each start.
struct FileHashStore: Sendable {
    /// Made when it is not there.
    let folder: String
    let logger: Logger

    func hash(of stamp: FileStamp) -> String? {
        guard let content = FileManager.default.contents(atPath: path(stamp)), content.count == 65,
            let text = String(data: content, encoding: .utf8), text.hasSuffix("\n")
        else { return nil }
        let digits = text.dropLast()
        return digits.allSatisfy { $0.isHexDigit && !$0.isUppercase } ? String(digits) : nil
    }

    func keep(_ hash: String, of stamp: FileStamp) {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try Data((hash + "\n").utf8).write(to: URL(filePath: path(stamp)), options: .atomic)
        } catch {
            logger.warning(
                "a file's hash cannot be kept for the next start",
                ["folder": .string(folder), .error: .string("\(error)")])
        }
    }

    private func path(_ stamp: FileStamp) -> String {
        "\(folder)/\(SHA256.digest(of: Array(stamp.text.utf8)).hexadecimal)"
    }
}
