import Foundation
import Synchronization
import Vocabulary

/// A private folder for the sockets of workers. In the system's folder for temporary files, as the path of a Unix socket
/// has room for 107 bytes only.
final class SocketDirectory: Sendable {
    private let folder: String
    private let count = Atomic(0)

    private static let prefix = "llama-nexus-"

    init() throws {
        Self.removeStale()
        var template = Array("/tmp/\(Self.prefix)\(getpid())-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else {
            throw ServiceError(
                .internalError, "No folder for sockets could be made in /tmp.", hint: "Is it writable?",
                detail: String(cString: strerror(errno)))
        }
        folder = String(cString: made)
    }

    /// A path that nobody was given before.
    func next() -> String { "\(folder)/\(count.add(1, ordering: .relaxed).oldValue).sock" }

    /// Removes what processes left behind that were killed: their id stands in the name, and no process has it.
    private static func removeStale() {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/tmp")) ?? []
        for name in names where name.hasPrefix(prefix) {
            guard let id = pid_t(name.dropFirst(prefix.count).prefix { $0 != "-" }), id > 0 else { continue }
            if kill(id, 0) != 0, errno == ESRCH { try? FileManager.default.removeItem(atPath: "/tmp/" + name) }
        }
    }

    func remove() { try? FileManager.default.removeItem(atPath: folder) }
}
