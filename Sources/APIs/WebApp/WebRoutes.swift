public import HTTPServing

/// The pages that the browser gets: a first chat page, built into the program.
public enum WebRoutes {
    /// `GET /` and its assets.
    public static var routes: [Route] {
        let files = StaticFiles(table: [
            "index.html": PackageResources.index_html, "chat.js": PackageResources.chat_js,
            "chat.css": PackageResources.chat_css, "icon.svg": PackageResources.icon_svg,
        ])
        return [
            Route(.get, "/") { try secured(files.respond(to: $0, path: "index.html")) },
            Route(.get, "/assets/{path...}") {
                try secured(files.respond(to: $0, path: $0.parameters.string("path")))
            },
        ]
    }

    /// Nothing but our own files runs in the page, nobody frames it, and nothing it shows is taken for code.
    private static func secured(_ response: HTTPResponse) -> HTTPResponse {
        var response = response
        response.headers["Content-Security-Policy"] =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response
    }
}
