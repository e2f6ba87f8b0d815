public import HTTPServing
public import Telemetry

/// The cookie that holds a session's token: out of reach for scripts, and not sent along by other sites' forms.
public struct SessionCookie: Sendable, Equatable {
    /// Whether it goes over TLS only.
    public let isSecure: Bool
    /// With TLS its prefix makes browsers refuse it from anybody but this host. Source: RFC 6265bis, section 4.1.3.
    public var name: String { isSecure ? "__Host-nexus_session" : "nexus_session" }

    public init(isSecure: Bool) { self.isSecure = isSecure }

    /// The header `Set-Cookie` that begins a session.
    ///
    /// - Parameters:
    ///   - token: as `StartedSession` has it.
    ///   - lifetime: after which the browser forgets it.
    /// - Returns: the header's value; `SameSite=Lax`, so that links from elsewhere lead to a page that knows its user.
    public func header(_ token: Redacted<String>, lifetime: Duration) -> String {
        value(token.revealed, seconds: lifetime.components.seconds)
    }

    /// The header `Set-Cookie` that ends it in the browser.
    public var removal: String { value("", seconds: 0) }

    private func value(_ text: String, seconds: Int64) -> String {
        "\(name)=\(text); Path=/; HttpOnly; SameSite=Lax; Max-Age=\(seconds)" + (isSecure ? "; Secure" : "")
    }

    /// The token that a browser sent.
    ///
    /// - Parameter headers: of the request.
    /// - Returns: `nil` when there is none, or several that differ: one of them was planted.
    public func token(in headers: HTTPHeaders) -> String? {
        var found: String?
        for line in headers.all("Cookie") {
            for pair in line.split(separator: ";") {
                let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                guard parts.count == 2, parts[0].drop(while: { $0 == " " }) == name else { continue }
                let value = String(parts[1])
                if let found, found != value { return nil }
                found = value
            }
        }
        return found?.isEmpty == true ? nil : found
    }
}
