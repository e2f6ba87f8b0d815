import Access
import HTTPServing

/// The cookie that a browser carries from its way out to a provider until it comes back.
struct VisitCookie: Sendable {
    /// Whether the server is reached over TLS.
    let isSecure: Bool

    /// With TLS its prefix makes browsers refuse it from anybody but this host (RFC 6265bis, section 4.1.3).
    private var name: String { isSecure ? "__Host-nexus_visit" : "nexus_visit" }

    /// - Parameters:
    ///   - token: the signed visit.
    ///   - comesByForm: whether the provider's page posts a form here. Browsers send cookies along with that only where
    ///     `SameSite=None` says so, which they take over TLS only; without TLS, on this machine, it is left unsaid.
    /// - Returns: the value of `Set-Cookie`.
    func header(_ token: String, comesByForm: Bool) -> String {
        let site = comesByForm ? (isSecure ? "; SameSite=None" : "") : "; SameSite=Lax"
        return "\(name)=\(token); Path=/; HttpOnly\(site); Max-Age=\(ProviderVisit.lifetime)" + secure
    }

    var removal: String { "\(name)=; Path=/; HttpOnly; Max-Age=0" + secure }

    private var secure: String { isSecure ? "; Secure" : "" }

    /// The signed visit that a browser sent; `nil` when there is none, or several: one of them was planted.
    func token(in headers: HTTPHeaders) -> String? {
        var found: [String] = []
        for line in headers.all("Cookie") {
            for pair in line.split(separator: ";") {
                let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                guard parts.count == 2, parts[0].drop(while: { $0 == " " }) == name else { continue }
                found.append(String(parts[1]))
            }
        }
        return found.count == 1 && !found[0].isEmpty ? found[0] : nil
    }
}
