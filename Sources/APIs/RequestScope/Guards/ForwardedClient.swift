public import HTTPServing

/// Finds out who asks behind proxies: from `X-Forwarded-For` and `X-Forwarded-Proto`, which are believed only where a
/// trusted proxy sent them. Everybody else's are ignored.
///
/// The list is read from its end: each trusted proxy has added whom it talked to, so that the last address that is no
/// trusted proxy's is the client's. What stands before it, anyone may have made up.
public struct ForwardedClient: PlainMiddleware {
    private let trusted: [AddressRange]
    /// Addresses of the list that are looked at.
    static let hopsMax = 16

    /// - Parameter trusted: addresses of proxies. None believes nobody.
    public init(trusted: [AddressRange]) { self.trusted = trusted }

    public func before(_ request: inout HTTPRequest) throws -> HTTPResponse? {
        guard !trusted.isEmpty, isTrusted(request.client.address) else { return nil }
        if let proto = request.headers.list("X-Forwarded-Proto").last?.lowercased() {
            request.client.isSecure = proto == "https"
        }
        for hop in request.headers.list("X-Forwarded-For").suffix(Self.hopsMax).reversed() {
            // Whoever writes what is no address is not asked further.
            guard IPAddress(hop) != nil else { break }
            request.client.address = hop
            guard isTrusted(hop) else { break }
        }
        return nil
    }

    private func isTrusted(_ address: String) -> Bool {
        IPAddress(address).map { address in trusted.contains { $0.contains(address) } } ?? false
    }
}
