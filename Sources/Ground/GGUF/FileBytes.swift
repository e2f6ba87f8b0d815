#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A file that is open for reading, closed when the last reference goes.
///
/// `pread` keeps no position, so that several threads may read at once. This is the module's only system call.
public final class FileBytes: ByteSource, Sendable {
    public let byteCount: UInt64
    private let descriptor: Int32

    /// Opens a regular file.
    ///
    /// - Parameter path: as the system takes it; nothing is expanded.
    /// - Throws: `unreadable` with the system's reason; also for directories, pipes and devices.
    public init(path: String) throws(GGUFError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Self.failure(path, errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let code = errno
            close(descriptor)
            throw Self.failure(path, code)
        }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size >= 0 else {
            close(descriptor)
            throw GGUFError(.unreadable, path, at: 0, found: "something else", allowed: "a regular file")
        }
        self.descriptor = descriptor
        byteCount = UInt64(status.st_size)
    }

    deinit { close(descriptor) }

    public func read(offset: UInt64, count: Int) throws -> [UInt8] {
        guard let start = off_t(exactly: offset), count >= 0 else {
            throw Self.failure("offset \(offset)", EINVAL)
        }
        var code: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let room = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
                let got = pread(descriptor, room.baseAddress, room.count, start + off_t(filled))
                if got < 0, errno == EINTR { continue }
                if got < 0 { code = errno }
                guard got > 0 else { return }  // An error or the end: the caller is told by the count.
                filled += got
            }
        }
        guard code == 0 else { throw Self.failure("offset \(offset)", code) }
        return bytes
    }

    private static func failure(_ place: String, _ code: Int32) -> GGUFError {
        GGUFError(.unreadable, place, at: 0, found: String(cString: strerror(code)), allowed: "a readable file")
    }
}
