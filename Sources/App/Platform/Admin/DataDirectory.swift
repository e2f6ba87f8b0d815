import Foundation
import Vocabulary

/// The folder with everything that lasts, held by this process alone for as long as this value lives.
///
/// A lock of the kernel's (`flock(2)`) on `nexus.lock` says who holds it; it goes with the process, however that ends.
final class DataDirectory: Sendable {
    /// Whether this process got the folder.
    enum Claim {
        case ours(DataDirectory)
        /// Another process has it.
        case taken(by: Holder)
    }

    /// Who holds the folder, as far as the lock's file tells.
    struct Holder: Sendable, Equatable {
        var processID: Int32?
        /// `nexus serve`
        var purpose: String?

        var description: String {
            let name = purpose ?? "another Llama Nexus"
            return processID.map { "\(name), process \($0)" } ?? name
        }
    }

    let path: String
    /// Where this process is to listen for its own commands.
    let socket: AdminSocket
    /// Other commands that work with this process's platform.
    let leases = CommandLeases()
    private let lock: CInt

    private init(path: String, socket: AdminSocket, lock: CInt) {
        self.path = path
        self.socket = socket
        self.lock = lock
    }

    deinit { close(lock) }

    /// Makes the folder where there is none, and takes it if nobody has it.
    ///
    /// - Parameters:
    ///   - path: of the folder.
    ///   - purpose: what this process is, for those who come later.
    /// - Returns: the folder, or who has it.
    /// - Throws: `ServiceError` when the folder cannot be made or written.
    static func claim(_ path: String, as purpose: String) throws -> Claim {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw unusable(path, "cannot be made", String(describing: error))
        }
        let file = path + "/nexus.lock"
        let lock = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw unusable(path, "cannot be written", String(cString: strerror(errno))) }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(lock)
            guard code == EWOULDBLOCK else { throw unusable(path, "cannot be locked", String(cString: strerror(code))) }
            return .taken(by: holder(try Installation.readFile(file) ?? []))
        }
        let note = Array("\(getpid()) \(purpose)\n".utf8)
        guard ftruncate(lock, 0) == 0, pwrite(lock, note, note.count, 0) == note.count else {
            let code = errno
            close(lock)
            throw unusable(path, "cannot be written", String(cString: strerror(code)))
        }
        do {
            return .ours(DataDirectory(path: path, socket: try AdminSocket(in: path), lock: lock))
        } catch {
            close(lock)
            throw error
        }
    }

    /// What a server says of itself.
    static let serving = "nexus serve"
    /// How long a server waits for a command of the terminal to finish; most take less than a second.
    private static let commandWaitMax = Duration.seconds(10)

    /// The folder, for a server, which cannot do without it. A command that has it is waited for.
    ///
    /// - Throws: `ServiceError` that names who has it.
    static func hold(_ path: String) async throws -> DataDirectory {
        let deadline = ContinuousClock.now + commandWaitMax
        while true {
            switch try claim(path, as: serving) {
            case .ours(let directory): return directory
            case .taken(let holder):
                guard let purpose = holder.purpose, purpose != serving, ContinuousClock.now < deadline else {
                    throw ServiceError(
                        .conflict, "The data directory \(path) is in use (\(holder.description)).",
                        hint: "Stop that one, or choose another directory with --data-dir.")
                }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    /// `4242 nexus serve`, as somebody wrote it into the lock's file.
    static func holder(_ note: [UInt8]) -> Holder {
        let words = String(decoding: note.prefix(200), as: UTF8.self).split(
            maxSplits: 1, whereSeparator: \.isWhitespace)
        let purpose = words.count > 1 ? words[1].prefix { !$0.isNewline } : ""
        return Holder(processID: words.first.flatMap { Int32($0) }, purpose: purpose.isEmpty ? nil : String(purpose))
    }

    private static func unusable(_ path: String, _ problem: String, _ detail: String) -> ServiceError {
        ServiceError(
            .invalidValue, "The data directory \(path) \(problem): \(detail).",
            hint: "Make it writable, or choose another with --data-dir.")
    }
}

/// `nexus.sock` in a data directory: where the platform answers its own commands. Mode 0600: who may write the folder may
/// give orders.
final class AdminSocket: Sendable {
    static let name = "nexus.sock"
    /// `sun_path` of `unix(7)` has room for 108 bytes with the zero at the end.
    static let pathBytesMax = 107

    /// A path that fits a socket's address, however deep the folder lies.
    let path: String
    /// The folder, where its own path is too long: the kernel finds it below `/proc/self/fd`.
    private let folder: CInt?

    init(in directory: String) throws {
        let usual = directory + "/" + Self.name
        guard usual.utf8.count > Self.pathBytesMax else {
            path = usual
            folder = nil
            return
        }
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw ServiceError(
                .invalidValue, "The data directory \(directory) cannot be opened: \(String(cString: strerror(errno))).",
                hint: "Choose another with --data-dir.")
        }
        folder = descriptor
        path = "/proc/self/fd/\(descriptor)/\(Self.name)"
    }

    deinit { if let folder { close(folder) } }
}
