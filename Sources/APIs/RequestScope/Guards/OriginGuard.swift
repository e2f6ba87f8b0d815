public import HTTPServing
import Vocabulary

/// Refuses what a page of somebody else has a browser do with the rights of the person in front of it (cross-site request
/// forgery): changes and WebSockets, where the caller's rights come from a cookie, or from nothing but being on this machine.
///
/// A request that brings its credential in a header no page can have made without asking first, and passes. Sources: W3C
/// Fetch Metadata (`Sec-Fetch-Site`), RFC 6454 (`Origin`); browsers since 2020 send one of them with every change.
public struct OriginGuard: PlainMiddleware {
    private let origins: Set<String>
    private let isOpen: @Sendable () -> Bool
    private let exceptions: Set<String>

    /// - Parameters:
    ///   - origins: of pages that may do so: those of `server.cors.origins`. `*` allows reading and no changes.
    ///   - isOpen: whether callers need no credential now.
    ///   - exceptions: paths that pages of others have browsers post to on purpose, and that believe no cookie alone: where
    ///     SAML's assertions arrive.
    public init(origins: Set<String>, isOpen: @escaping @Sendable () -> Bool, exceptions: Set<String> = []) {
        self.origins = origins
        self.isOpen = isOpen
        self.exceptions = exceptions
    }

    public func before(_ request: inout HTTPRequest) throws -> HTTPResponse? {
        if !exceptions.contains(request.path), isAtRisk(request), let reason = refusal(request) {
            throw ServiceError(
                .forbidden, "A page of another site may not do this.",
                hint:
                    "Send the request from this server's own page, or add the page's origin to `server.cors.origins`.",
                detail: reason)
        }
        return nil
    }

    private func isAtRisk(_ request: HTTPRequest) -> Bool {
        switch request.method {
        case .get, .head, .options:
            // A WebSocket begins with GET, and browsers let every page open one.
            guard request.headers["Upgrade"] != nil else { return false }
        default: break
        }
        guard !request.remoteAddress.isEmpty else { return false }
        if request.headers["Cookie"] != nil { return request.headers["Authorization"] == nil || isOpen() }
        return isOpen()
    }

    /// Why the request is refused; `nil` when it may pass.
    func refusal(_ request: HTTPRequest) -> String? {
        let origin = request.headers["Origin"]
        if let origin, origins.contains(origin) { return nil }
        switch request.headers["Sec-Fetch-Site"]?.lowercased() {
        // `none`: the person's own doing, such as the address bar.
        case "same-origin", "none": return nil
        case "cross-site": return "Sec-Fetch-Site: cross-site"
        default: break
        }
        guard let origin else {
            // No browser; with a cookie a very old one, which names the page all the same.
            guard request.headers["Cookie"] != nil, let page = request.headers["Referer"] else { return nil }
            return isOwn(page, request) ? nil : "Referer of another site"
        }
        return isOwn(origin, request) ? nil : "Origin of another site"
    }

    /// Whether a URL begins with the scheme, host and port that were asked.
    private func isOwn(_ url: String, _ request: HTTPRequest) -> Bool {
        let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count >= 3, parts[1].isEmpty, let page = HostName(String(parts[2])),
            let own = request.headers["Host"].flatMap(HostName.init), page.description == own.description
        else { return false }
        // Behind a proxy the page may be secure where this server does not see it.
        switch parts[0] {
        case "https:": return (page.port ?? 443) == (own.port ?? 443) || !request.client.isSecure && page.port == nil
        case "http:": return !request.client.isSecure && (page.port ?? 80) == (own.port ?? 80)
        default: return false
        }
    }
}
