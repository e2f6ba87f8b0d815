public import HTTPServing
import Synchronization
import Vocabulary

/// Answers only to the server's own names, so that no page can make its own name point here and then read what it likes
/// (DNS rebinding).
///
/// A server that asks nobody for a credential answers to this machine's names and the configured ones. One that does
/// answers to every name unless names are configured. Requests over Unix sockets, which no browser makes, pass.
public struct HostGuard: PlainMiddleware {
    private let hosts: Set<String>
    private let isOpen: @Sendable () -> Bool
    private let recent = Recent()

    /// What was read last: most requests name the same host, in the same words.
    private final class Recent: Sendable {
        private let host = Mutex<(field: String, name: HostName)?>(nil)

        func name(_ field: String) -> HostName? {
            if let known = host.withLock({ $0?.field == field ? $0?.name : nil }) { return known }
            guard let name = HostName(field) else { return nil }
            host.withLock { $0 = (field, name) }
            return name
        }
    }

    /// - Parameters:
    ///   - hosts: names and addresses of this server, without ports.
    ///   - isOpen: whether callers need no credential now.
    public init(hosts: Set<String>, isOpen: @escaping @Sendable () -> Bool) {
        self.hosts = Set(hosts.map { $0.lowercased() })
        self.isOpen = isOpen
    }

    public func before(_ request: inout HTTPRequest) throws -> HTTPResponse? {
        guard !request.remoteAddress.isEmpty else { return nil }
        var (found, count): (String?, Int) = (nil, 0)
        request.headers.forEach("Host") { value in
            found = value
            count += 1
        }
        // Only HTTP/1.0 may leave it out; no browser speaks that.
        guard let field = found else { return nil }
        guard count == 1, let host = recent.name(field) else {
            throw ServiceError(
                .invalidValue, "The Host header names no host.", hint: "Send one Host header: host:port.")
        }
        guard accepts(host) else {
            throw ServiceError(
                .forbidden, "This server does not answer to the name '\(host)'.",
                hint: "Ask it by localhost, or add the name to `server.hosts`.")
        }
        return nil
    }

    func accepts(_ host: HostName) -> Bool {
        if hosts.isEmpty, !isOpen() { return true }
        return hosts.contains(host.description) || host.isLoopback
    }
}
