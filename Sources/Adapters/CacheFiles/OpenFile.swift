import Digests
import Glibc

/// A system call that failed.
struct FileFailure: Error, Equatable, CustomStringConvertible {
    let call: String
    let code: Int32

    init(_ call: String, _ code: Int32 = errno) {
        self.call = call
        self.code = code
    }

    var description: String { "\(call): \(unsafe String(cString: strerror(code)))" }
}

/// An open file that closes itself.
struct OpenFile: ~Copyable {
    private let descriptor: Int32

    /// Opens a file; never follows a link, never waits for a pipe.
    init(_ path: String, flags: Int32, mode: mode_t = 0) throws(FileFailure) {
        descriptor = unsafe Glibc.open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, mode)
        if descriptor < 0 { throw FileFailure("open") }
    }

    deinit { close(descriptor) }

    func status() throws(FileFailure) -> stat {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw FileFailure("fstat") }
        return status
    }

    /// Takes the file's lock, which goes with the process; `false` when another process has it.
    func lock() -> Bool { flock(descriptor, LOCK_EX | LOCK_NB) == 0 }

    /// Takes a lock that others may have as well, when nobody has it alone. Waits for it.
    func share() -> Bool {
        while flock(descriptor, LOCK_SH) != 0 {
            if errno != EINTR { return false }
        }
        return true
    }

    /// Notes that the file was used now. Only makes it live longer, so a failure harms nobody.
    ///
    /// The time is the clock's own: what the kernel takes by itself is that of its last tick, and uses within a few
    /// milliseconds could not be told apart.
    func touch() {
        var now = timespec()
        guard unsafe clock_gettime(CLOCK_REALTIME, &now) == 0 else { return }
        unsafe _ = futimens(descriptor, [now, now])
    }

    func synchronize() throws(FileFailure) {
        guard fsync(descriptor) == 0 else { throw FileFailure("fsync") }
    }

    /// Writes all of some bytes and adds them to a digest.
    func write(_ bytes: RawSpan, _ hash: inout SHA256) throws(FileFailure) {
        var offset = 0
        while offset < bytes.byteCount {
            let piece = bytes.extracting(offset..<min(offset + Self.pieceBytes, bytes.byteCount))
            var written = 0
            while written < piece.byteCount {
                let count = unsafe piece.extracting(droppingFirst: written).withUnsafeBytes { buffer in
                    unsafe Glibc.write(descriptor, buffer.baseAddress, buffer.count)
                }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw FileFailure("write") }
                written += count
            }
            hash.update(piece)
            offset += piece.byteCount
        }
    }

    /// Reads bytes at a place; fewer only at the file's end.
    func read(_ count: Int, at offset: Int) throws(FileFailure) -> [UInt8] {
        var code: Int32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let room = unsafe UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
                let got = unsafe pread(
                    descriptor, room.baseAddress, min(room.count, 1 << 30), off_t(offset + filled))
                if got < 0, errno == EINTR { continue }
                if got < 0 { code = errno }
                guard got > 0 else { return }
                filled += got
            }
        }
        guard code == 0 else { throw FileFailure("read", code) }
        return bytes
    }

    /// What is hashed while it is still in the processor's cache.
    private static let pieceBytes = 1 << 18
}
