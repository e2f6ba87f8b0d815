import Glibc
import Synchronization

/// A part of an open file, to be sent once. Closes the file if it is not sent.
public final class FileRegion: Sendable {
    /// In bytes.
    public let offset: Int
    public let count: Int
    private let descriptor: Mutex<CInt?>

    /// Opens the regular file at `path`; `nil` when there is no readable regular file. The `range` of bytes is cut to
    /// the file's size; `nil` means all.
    public static func open(_ path: String, range: Range<Int>? = nil) -> FileRegion? {
        guard let file = OpenFile(path) else { return nil }
        return file.region(range)
    }

    init(descriptor: CInt, offset: Int, count: Int) {
        self.descriptor = Mutex(descriptor)
        self.offset = offset
        self.count = count
    }

    deinit {
        if let descriptor = takeDescriptor() { close(descriptor) }
    }

    /// The open file, once; whoever takes it closes it.
    func takeDescriptor() -> CInt? {
        descriptor.withLock { descriptor in
            defer { descriptor = nil }
            return descriptor
        }
    }

    /// The bytes, for tests and internal calls. They stay to be sent.
    func read() throws -> [UInt8] {
        try descriptor.withLock { descriptor in
            guard let descriptor else { throw FileGone() }
            var position = 0
            let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
                while position < count {
                    let got = unsafe pread(
                        descriptor, buffer.baseAddress?.advanced(by: position), count - position, offset + position)
                    guard got > 0 else { break }
                    position += got
                }
                initialized = position
            }
            return bytes
        }
    }

    private struct FileGone: Error {}
}

/// A regular file that was opened, with what its directory entry said.
struct OpenFile: ~Copyable {
    let size: Int
    /// Seconds and nanoseconds since 1970.
    let modified: timespec
    private let descriptor: CInt

    init?(_ path: String) {
        // O_NONBLOCK: a FIFO in a served directory must not hold the thread.
        descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            return nil
        }
        size = Int(status.st_size)
        modified = status.st_mtim
    }

    deinit { close(descriptor) }

    /// A region with a descriptor of its own.
    borrowing func region(_ range: Range<Int>? = nil) -> FileRegion? {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { return nil }
        let range = (range ?? 0..<size).clamped(to: 0..<size)
        return FileRegion(descriptor: copy, offset: range.lowerBound, count: range.count)
    }
}
