import Foundation
import Vocabulary

/// A private folder for the sockets of workers. In the system's folder for temporary files, as the path of a Unix socket
/// has room for 107 bytes only.
struct SocketDirectory: Sendable {
    private let folder: String

    init() throws {
        var template = Array("/tmp/llama-nexus-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else {
            throw ServiceError(
                .internalError, "No folder for sockets could be made in /tmp.", hint: "Is it writable?",
                detail: String(cString: strerror(errno)))
        }
        folder = String(cString: made)
    }

    func path(_ index: Int) -> String { "\(folder)/\(index).sock" }

    func remove() { try? FileManager.default.removeItem(atPath: folder) }
}
