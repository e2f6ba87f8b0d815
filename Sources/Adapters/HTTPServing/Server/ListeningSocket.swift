import CMicroHTTPD
import Glibc
import Synchronization

/// A socket that listens; closes itself exactly once, and takes its file away if it is a Unix socket.
final class ListeningSocket: Sendable {
    let descriptor: CInt
    /// The port that was bound, or `nil` for a Unix socket.
    let port: Int?
    private let path: String?
    private let isClosed = Atomic(false)

    /// Connections that wait to be accepted. Chosen: more than Linux's default `somaxconn` of 4096 has no effect.
    private static let backlog: CInt = 4096

    init(_ address: ServerConfiguration.Address) throws(HTTPServerError) {
        switch address {
        case .tcp(let host, let port):
            descriptor = try Self.listen(host: host, port: port)
            self.port = Self.boundPort(descriptor)
            path = nil
        case .unix(let path):
            descriptor = try Self.listen(path: path)
            port = nil
            self.path = path
        }
    }

    deinit { shut() }

    /// Closes it, unless that has happened. Connections are refused from here on, if nobody holds a copy.
    func shut() {
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        close(descriptor)
        if let path { unsafe unlink(path) }
    }

    private static func listen(host: String, port: Int) throws(HTTPServerError) -> CInt {
        guard (0...65535).contains(port) else {
            throw HTTPServerError(.badAddress, "The port \(port) is not in 0 ... 65535.")
        }
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        var found: UnsafeMutablePointer<addrinfo>?
        let status = unsafe getaddrinfo(host, String(port), &hints, &found)
        guard status == 0, let first = unsafe found else {
            throw unsafe HTTPServerError(
                .badAddress, "Cannot resolve '\(host)': \(String(cString: gai_strerror(status))).")
        }
        defer { unsafe freeaddrinfo(found) }
        let descriptor = unsafe socket(first.pointee.ai_family, CInt(SOCK_STREAM.rawValue) | cloexecNonblocking, 0)
        guard descriptor >= 0 else { throw failure("make a socket") }
        var yes: CInt = 1
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<CInt>.size))
        guard unsafe bind(descriptor, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0 else {
            let failure = failure("listen on \(host):\(port)")
            close(descriptor)
            throw failure
        }
        return try startListening(descriptor)
    }

    private static func listen(path: String) throws(HTTPServerError) -> CInt {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        let bytes = Array(path.utf8)
        guard !bytes.isEmpty, bytes.count < capacity, !bytes.contains(0) else {
            throw HTTPServerError(
                .badAddress, "The socket path must have 1 to \(capacity - 1) bytes; it has \(bytes.count): \(path)")
        }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | cloexecNonblocking, 0)
        guard descriptor >= 0 else { throw failure("make a socket") }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let isAnswered = unsafe withUnsafePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                let probe = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
                defer { close(probe) }
                return unsafe connect(probe, address, length) == 0
            }
        }
        guard !isAnswered else {
            close(descriptor)
            throw HTTPServerError(.addressInUse, "Another server answers on \(path).")
        }
        unlinkSocket(path)
        // fchmod before bind decides the mode that the file is made with (unix(7)): there is no moment of 0777.
        fchmod(descriptor, 0o600)
        let status = unsafe withUnsafePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(descriptor, $0, length) }
        }
        guard status == 0, unsafe chmod(path, 0o600) == 0 else {
            let failure = failure("listen on \(path)")
            close(descriptor)
            throw failure
        }
        return try startListening(descriptor)
    }

    /// Removes a socket file that nobody listens on. Anything else at that path stays, and `bind` complains.
    private static func unlinkSocket(_ path: String) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return }
        unsafe unlink(path)
    }

    private static var cloexecNonblocking: CInt {
        CInt(SOCK_CLOEXEC.rawValue) | CInt(SOCK_NONBLOCK.rawValue)
    }

    private static func startListening(_ descriptor: CInt) throws(HTTPServerError) -> CInt {
        guard Glibc.listen(descriptor, backlog) == 0 else {
            let failure = failure("listen")
            close(descriptor)
            throw failure
        }
        return descriptor
    }

    private static func boundPort(_ descriptor: CInt) -> Int {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        unsafe withUnsafeMutablePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                _ = unsafe getsockname(descriptor, address, &length)
            }
        }
        // sin_port and sin6_port lie at the same place, bytes 2 and 3, in network order.
        return unsafe withUnsafeBytes(of: &address) { unsafe Int($0[2]) << 8 | Int($0[3]) }
    }

    private static func failure(_ action: String) -> HTTPServerError {
        let number = errno
        let code: HTTPServerError.Code =
            switch number {
            case EADDRINUSE: .addressInUse
            case EACCES, EPERM: .notPermitted
            case EADDRNOTAVAIL: .badAddress
            default: .system
            }
        return unsafe HTTPServerError(code, "Cannot \(action): \(String(cString: strerror(number))).")
    }
}
