public import HTTPServing

/// The web application, which the browser gets as files that `make web` built.
///
/// Pages are at `/` and below `/app`, all of them the same document: the browser finds out which one is meant. Files below
/// `/assets` have a hash of their content in their names, so that they may be kept for ever. Where nothing was built, `/` says so.
public struct WebRoutes: Sendable {
    private let files: StaticFiles?

    /// - Parameter folder: where the built files are; `nil` when there are none.
    public init(folder: String?) {
        files = folder.map { folder in
            StaticFiles(directory: folder) {
                $0.hasPrefix("assets/") ? "public, max-age=31536000, immutable" : "no-cache"
            }
        }
    }

    public var routes: [Route] {
        guard let files else {
            let page = StaticFiles(table: ["missing.html": PackageResources.missing_html])
            return [
                Route(.get, "/") { Self.secured(try page.respond(to: $0, path: "missing.html"), .page) },
                Route(.get, "/app/{path...}") { Self.secured(try page.respond(to: $0, path: "missing.html"), .page) },
            ]
        }
        let index: HTTPHandler = { Self.secured(try files.respond(to: $0, path: "index.html"), .page) }
        return [
            Route(.get, "/", execution: .concurrent, handler: index),
            Route(.get, "/app", execution: .concurrent, handler: index),
            Route(.get, "/app/{path...}", execution: .concurrent, handler: index),
            Route(.get, "/assets/{path...}", execution: .concurrent) { request in
                var response = try files.respond(to: request, path: "assets/" + request.parameters.string("path"))
                // Frames without rights are of no origin, and load their script from here.
                response.headers["Access-Control-Allow-Origin"] = "*"
                return Self.secured(response, .file)
            },
            Route(.get, "/frames/{name}", execution: .concurrent) { request in
                let name = request.parameters.string("name")
                return Self.secured(
                    try files.respond(to: request, path: "frames/" + name),
                    name == "artifact.html" ? .artifact : .diagram)
            },
        ]
            + ["sw.js", "manifest.webmanifest", "icon.svg", "third-party.txt"].map { name in
                Route(.get, "/" + name, execution: .concurrent) {
                    Self.secured(try files.respond(to: $0, path: name), name == "sw.js" ? .worker : .file)
                }
            }
    }

    /// What a document may do.
    private enum Kind { case page, file, worker, diagram, artifact }

    private static func secured(_ response: HTTPResponse, _ kind: Kind) -> HTTPResponse {
        var response = response
        response.headers["Content-Security-Policy"] = policy(kind)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response
    }

    /// Nothing but our own files runs in the page, nobody frames it, and nothing that it shows is taken for code. The frames have
    /// no origin, and of the network only what they need to start: what is drawn in them cannot tell anybody anything.
    private static func policy(_ kind: Kind) -> String {
        switch kind {
        case .page:
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
                + "connect-src 'self'; manifest-src 'self'; worker-src 'self'; frame-src 'self'; base-uri 'none'; "
                + "form-action 'none'; frame-ancestors 'none'; object-src 'none'"
        case .file: "default-src 'none'; style-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'; sandbox"
        case .worker: "default-src 'none'; connect-src 'self'"
        case .diagram:
            "sandbox allow-scripts; default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src data:; "
                + "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
        case .artifact:
            "sandbox allow-scripts; default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'unsafe-inline'; "
                + "worker-src blob:; img-src data: blob:; font-src data:; media-src data: blob:; base-uri 'none'; form-action 'none'; "
                + "frame-ancestors 'self'"
        }
    }
}
