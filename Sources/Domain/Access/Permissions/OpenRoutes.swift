/// Routes that anybody may ask, signed in or not: the whole list. Every other route needs a permission.
public enum OpenRoutes {
    /// Method and path pattern.
    public static let all: Set<String> = [
        "GET /health", "GET /v1/health", "GET /ready", "GET /openapi.json",
        // The page itself; what it asks for needs permissions.
        "GET /", "GET /app", "GET /app/{path...}", "GET /assets/{path...}", "GET /frames/{name}", "GET /sw.js",
        "GET /manifest.webmanifest", "GET /icon.svg", "GET /third-party.txt",
        // Whoever has the link may read; the secret in it is the permission.
        "GET /api/v1/shared/{secret}",
        // How one signs in.
        "GET /api/v1/session", "POST /api/v1/session", "POST /api/v1/session/setup",
        // How one signs in by somebody else's word; what comes back is checked by its signature and the browser's own cookie.
        "GET /api/v1/session/ways", "GET /sign-in/oidc/{provider}", "GET /sign-in/oidc/{provider}/callback",
        "GET /sign-in/oidc/{provider}/signed-out", "POST /sign-in/oidc/{provider}/logout",
        "GET /sign-in/saml", "POST /saml/acs", "GET /saml/metadata",
        // Tokens: who asks for one must bring a key or session, and who ends one the token; both are checked there.
        "POST /api/v1/tokens", "POST /api/v1/tokens/refresh", "POST /api/v1/tokens/revoke",
        "GET /.well-known/jwks.json",
    ]

    /// What a route asks for whose author has said nothing: it is closed, not open.
    public static let closed = "platform.admin"
}
