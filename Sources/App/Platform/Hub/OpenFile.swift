import Foundation
import ModelHub

/// A file that is open; closed when nobody holds it any more. Its calls wait for the disk.
final class OpenFile: Sendable {
    private let descriptor: Int32
    private let path: String

    /// Bytes of one call at most. For more the kernel looks for large pieces of memory, which are dear when it is in use.
    private static let writeBytes = 16 << 10

    init(_ path: String, _ flags: Int32) throws(DiskFailure) {
        descriptor = open(path, flags | O_CLOEXEC, 0o644)
        self.path = path
        guard descriptor >= 0 else { throw DiskFailure("open", path) }
    }

    deinit { close(descriptor) }

    func size() throws(DiskFailure) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw DiskFailure("fstat", path) }
        return Int(status.st_size)
    }

    func truncate(to size: Int) throws(DiskFailure) {
        guard ftruncate(descriptor, size) == 0 else { throw DiskFailure("ftruncate", path) }
    }

    func write(_ bytes: [UInt8], at offset: Int) throws(DiskFailure) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                pwrite(
                    descriptor, buffer.baseAddress.map { $0 + written }, min(Self.writeBytes, buffer.count - written),
                    offset + written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw DiskFailure("pwrite", path) }
            written += count
        }
    }

    /// The bytes of a range, which must all be there.
    func read(_ range: Range<Int>) throws -> [UInt8] {
        let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, filled in
            filled = 0
            while filled < range.count {
                let count = pread(
                    descriptor, buffer.baseAddress.map { $0 + filled }, range.count - filled,
                    range.lowerBound + filled)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }
                filled += count
            }
        }
        guard bytes.count == range.count else {
            throw HubError(.fileFailed, "'\(path)' ends after \(range.lowerBound + bytes.count) bytes.")
        }
        return bytes
    }

    func sync() throws(DiskFailure) {
        guard fdatasync(descriptor) == 0 else { throw DiskFailure("fdatasync", path) }
    }

    static func rename(_ old: String, to new: String) throws(DiskFailure) {
        guard Foundation.rename(old, new) == 0 else { throw DiskFailure("rename", new) }
    }

    /// Returns when the name of a file survives a power cut.
    static func syncFolder(of path: String) throws(DiskFailure) {
        let folder = try OpenFile((path as NSString).deletingLastPathComponent, O_RDONLY | O_DIRECTORY)
        guard fsync(folder.descriptor) == 0 else { throw DiskFailure("fsync", path) }
    }

    /// Removes a file, if it is there.
    static func remove(_ path: String) throws(DiskFailure) {
        guard unlink(path) == 0 || errno == ENOENT else { throw DiskFailure("unlink", path) }
    }
}

/// What the system said to a call.
struct DiskFailure: Error, Sendable {
    let code: Int32
    let call: String
    let path: String

    init(_ call: String, _ path: String) {
        code = errno
        self.call = call
        self.path = path
    }

    /// The failure of the last call, in the hub's words.
    static func told(_ call: String, _ path: String) -> HubError { DiskFailure(call, path).told }

    var told: HubError {
        switch code {
        case ENOSPC, EDQUOT:
            HubError(
                .noSpace, "The disk is full: '\(path)' could not be written.",
                hint: "Free some room and start the download again; what is here is kept.")
        case EACCES, EPERM, EROFS:
            HubError(.fileFailed, "'\(path)' may not be written.", hint: "Check the owner of the data directory.")
        case EFBIG:
            HubError(.fileFailed, "'\(path)' is larger than this file system or process may write.")
        default:
            HubError(.fileFailed, "'\(path)' could not be used (\(call): \(String(cString: strerror(code)))).")
        }
    }
}
