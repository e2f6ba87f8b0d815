import Foundation
import Vocabulary

/// A port of this machine that nobody listens on now.
enum FreePort {
    /// Asks the system for one. Another program may take it before it is used; then the next attempt asks again.
    ///
    /// - Returns: the port.
    /// - Throws: `internalError` when the system has none.
    static func find() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw failure }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) == 0 && getsockname(descriptor, generic, &length) == 0
            }
        }
        guard isBound else { throw failure }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    private static var failure: ServiceError {
        ServiceError(
            .internalError, "The system has no free port for a server.", detail: String(cString: strerror(errno)))
    }
}
