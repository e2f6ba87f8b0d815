#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A file that is written under another name, `<path>.part`, and gets its own when all of it is on the disk. One that is
/// not finished leaves nothing behind.
///
/// The other file is locked, so that two programs do not write the same one; what a killed program left is taken over.
public final class PartFile {
    private let path: String
    private let partPath: String
    private let descriptor: Int32
    private var written: UInt64 = 0
    private var isFinished = false

    /// Makes the file, where there is room for all of it.
    ///
    /// - Parameters:
    ///   - path: the name that it gets in the end.
    ///   - byteCount: how long it will be.
    ///   - replaces: whether a file of this name may be there.
    /// - Throws: `unwritable` with the system's reason.
    public init(path: String, byteCount: UInt64, replaces: Bool) throws(ModelFormatError) {
        var status = stat()
        if stat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFREG else {
                throw Self.failure(path, "no regular file is there already")
            }
            guard replaces else { throw Self.failure(path, "a file is there already") }
        }
        let partPath = path + ".part"
        let descriptor = open(partPath, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw Self.failure(partPath, errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, ftruncate(descriptor, 0) == 0 else {
            let code = errno
            close(descriptor)
            throw code == EWOULDBLOCK
                ? Self.failure(partPath, "another program writes it") : Self.failure(partPath, code)
        }
        var room = statvfs()
        if fstatvfs(descriptor, &room) == 0 {
            let (free, overflow) = UInt64(room.f_bavail).multipliedReportingOverflow(by: UInt64(room.f_frsize))
            guard overflow || byteCount <= free else {
                unlink(partPath)
                close(descriptor)
                throw ModelFormatError(
                    .unwritable, in: path, "size", found: "\(byteCount) bytes",
                    allowed: "\(free), all that is free there")
            }
        }
        // From here on `deinit` cleans up.
        self.path = path
        self.partPath = partPath
        self.descriptor = descriptor
    }

    deinit {
        if !isFinished { unlink(partPath) }
        close(descriptor)
    }

    public func write(_ bytes: [UInt8]) throws(ModelFormatError) {
        var code: Int32 = 0
        bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                let rest = UnsafeRawBufferPointer(rebasing: buffer[done...])
                let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else {
                    code = count < 0 ? errno : EIO
                    return
                }
                done += count
            }
        }
        guard code == 0 else { throw Self.failure(partPath, code) }
        written += UInt64(bytes.count)
    }

    /// Puts everything on the disk and gives the file its name.
    public func finish() throws(ModelFormatError) {
        guard ftruncate(descriptor, off_t(written)) == 0, fsync(descriptor) == 0, rename(partPath, path) == 0 else {
            throw Self.failure(partPath, errno)
        }
        isFinished = true
        // The name is safe when its folder is on the disk too.
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let folderDescriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folderDescriptor >= 0 else { return }
        fsync(folderDescriptor)
        close(folderDescriptor)
    }

    private static func failure(_ path: String, _ code: Int32) -> ModelFormatError {
        failure(path, String(cString: strerror(code)))
    }

    private static func failure(_ path: String, _ reason: String) -> ModelFormatError {
        ModelFormatError(.unwritable, in: path, "file", found: reason, allowed: "a new file in a folder with room")
    }
}
