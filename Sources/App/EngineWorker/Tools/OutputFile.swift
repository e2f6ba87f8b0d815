import Foundation
import Synchronization
import Vocabulary

/// A file that is there whole or not at all: written under another name beside its own, synchronised, and renamed.
///
/// The other name is always the same, and locked while it is written, so that what a process that was killed left behind is
/// used again by the next.
final class OutputFile: Sendable {
    let path: String
    let partial: String
    private let descriptor: Int32
    /// The thread that has the system write what there is so far.
    private let early = Mutex(EarlyWriting())
    private let earlyThread = DispatchGroup()

    private struct EarlyWriting {
        var isRunning = false
        /// The system tells a failure once only, so that the end would not hear of it.
        var failure: Int32?
    }

    /// - Parameter path: where it is to be in the end; its folder must be there, and nothing of its name.
    /// - Throws: `ServiceError` that says what is in the way.
    init(_ path: String) throws(ServiceError) {
        guard !FileManager.default.fileExists(atPath: path) else {
            throw ServiceError(
                .conflict, "There is a file \(path) already.", hint: "Name another one, or remove it first.")
        }
        let partial = path + ".partial"
        let descriptor = open(partial, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else {
            throw ServiceError(
                .invalidValue, "\(partial) cannot be written: \(String(cString: strerror(errno))).",
                hint: "Is the folder there, and may this user write into it?")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw ServiceError(.conflict, "Another process is writing \(partial).", hint: "Wait until it has ended.")
        }
        self.path = path
        self.partial = partial
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Refuses when the disk has not enough room for so many bytes.
    func requireRoom(_ bytes: UInt64) throws(ServiceError) {
        var status = statvfs()
        guard fstatvfs(descriptor, &status) == 0 else { return }
        let (product, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        let free = overflow ? .max : product
        guard free >= bytes else {
            throw ServiceError(
                .invalidValue,
                "\(path) would have \(Self.mebibytes(bytes)), and its disk has only \(Self.mebibytes(free)) left.",
                hint: "Make room, or name a place on another disk.")
        }
    }

    /// Has the system write what there is so far, on a thread of its own, so that the end has less to wait for.
    func beginWriting() {
        let isFirst = early.withLock { early in
            defer { early.isRunning = true }
            return !early.isRunning
        }
        guard isFirst else { return }
        earlyThread.enter()
        Thread.detachNewThread { [self] in
            let failure = fdatasync(descriptor) == 0 ? nil : errno
            early.withLock { early in
                early.isRunning = false
                early.failure = early.failure ?? failure
            }
            earlyThread.leave()
        }
    }

    /// Makes it durable under its name.
    ///
    /// - Throws: `ServiceError` when the system could not write it, or when the name was taken meanwhile.
    func commit() throws(ServiceError) {
        earlyThread.wait()
        if let failure = early.withLock({ $0.failure }) { throw Self.failure(partial, failure) }
        guard fsync(descriptor) == 0 else { throw Self.failure(partial) }
        // Does not replace what somebody else has put there.
        guard link(partial, path) == 0 else { throw Self.failure(path) }
        unlink(partial)
        let folder = open(
            URL(fileURLWithPath: path).deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw Self.failure(path) }
    }

    /// Leaves nothing behind.
    func discard() { unlink(partial) }

    /// Writes the next bytes.
    func write(_ bytes: [UInt8]) throws(ServiceError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure(partial) }
            rest = rest.dropFirst(count)
        }
    }

    /// Forgets what an earlier process has left in it.
    func empty() throws(ServiceError) {
        guard ftruncate(descriptor, 0) == 0 else { throw Self.failure(partial) }
    }

    private static func failure(_ path: String, _ number: Int32 = errno) -> ServiceError {
        let reason = String(cString: strerror(number))
        return ServiceError(
            .invalidValue, "\(path) cannot be written: \(reason).", hint: "Is the disk full, or the name taken?")
    }

    static func mebibytes(_ bytes: UInt64) -> String {
        let hundredths = (Double(bytes) / 1_048_576 * 100).rounded() / 100
        return "\(hundredths) MiB"
    }
}

/// What a file was when the work on it began, to see whether it still is.
struct FileMark: Equatable {
    private let device: UInt64
    private let inode: UInt64
    private let size: Int64
    private let seconds: Int
    private let nanoseconds: Int

    init(_ path: String) throws(ServiceError) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw ServiceError(
                .invalidValue, "\(path) cannot be read: \(String(cString: strerror(errno))).",
                hint: "Is the path right?")
        }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        seconds = status.st_mtim.tv_sec
        nanoseconds = status.st_mtim.tv_nsec
    }
}
