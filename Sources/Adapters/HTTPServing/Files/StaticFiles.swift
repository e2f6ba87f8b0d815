import Glibc

/// Serves files from a directory or from a table in memory, with strong tags, ranges, and files that were compressed
/// beforehand (`app.js.br` and `app.js.gz` beside `app.js`).
///
/// Put it on a route that ends in a wildcard:
///
///     router.on(.get, "/assets/{path...}", execution: .concurrent) { try files.respond(to: $0, path: $0.parameters.string("path")) }
public struct StaticFiles: Sendable {
    private enum Source: Sendable {
        case directory(String)
        case table([String: (bytes: [UInt8], tag: String)])
    }

    private let source: Source
    /// Sent as `Cache-Control`, by path: `immutable` for names with a hash, `no-cache` for pages.
    private let cacheControl: @Sendable (String) -> String

    /// The regular files below `directory`. Links inside it are followed, so only trusted people may write there.
    public init(
        directory: String, cacheControl: @escaping @Sendable (String) -> String = { _ in "no-cache" }
    ) {
        source = .directory(directory)
        self.cacheControl = cacheControl
    }

    /// Files by relative path.
    public init(
        table: [String: [UInt8]], cacheControl: @escaping @Sendable (String) -> String = { _ in "no-cache" }
    ) {
        source = .table(table.mapValues { ($0, Self.tag(of: $0)) })
        self.cacheControl = cacheControl
    }

    /// The response to a `GET` or `HEAD` for the decoded relative `path`.
    ///
    /// - Throws: ``HTTPError`` with status 404 when there is no such file, or its path has a segment that is empty or
    ///   starts with a dot.
    public func respond(to request: HTTPRequest, path: String) throws -> HTTPResponse {
        guard Self.isSafe(path) else { throw Self.notFound }
        let offered = [ContentCoding.brotli, .gzip]
        if let coding = ContentCoding.negotiate(request.headers.list("Accept-Encoding"), offered: offered) {
            // The client's favourite first, then the other one if it takes that too.
            let others = offered.filter { other in
                other != coding
                    && ContentCoding.negotiate(request.headers.list("Accept-Encoding"), offered: [other]) != nil
            }
            for coding in [coding] + others {
                if let response = answer(request, path, coding) { return response }
            }
        }
        guard let response = answer(request, path, nil) else { throw Self.notFound }
        return response
    }

    private static var notFound: HTTPError {
        HTTPError(.notFound, code: "not_found", message: "There is no such file.")
    }

    /// No way up, no hidden files, no NUL, no absolute path.
    static func isSafe(_ path: String) -> Bool {
        !path.isEmpty && !path.utf8.contains(0)
            && path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
                !$0.isEmpty && !$0.hasPrefix(".")
            }
    }

    /// `nil` when the file, in that coding, does not exist.
    private func answer(_ request: HTTPRequest, _ path: String, _ coding: ContentCoding?) -> HTTPResponse? {
        let name = path + (coding?.fileSuffix ?? "")
        var headers: HTTPHeaders = [
            "Content-Type": ContentType.of(path: path), "Cache-Control": cacheControl(path),
            "Vary": "Accept-Encoding", "X-Content-Type-Options": "nosniff",
        ]
        if let coding { headers.append("Content-Encoding", coding.rawValue) }
        switch source {
        case .table(let table):
            guard let file = table[name] else { return nil }
            return Self.answer(request, headers, tag: file.tag, size: file.bytes.count) {
                .bytes(Array(file.bytes[$0]))
            }
        case .directory(let directory):
            guard let file = OpenFile(directory + "/" + name) else { return nil }
            let tag = "\"\(Self.hex(file.size))-\(Self.hex(file.modified.tv_sec))-\(Self.hex(file.modified.tv_nsec))\""
            var region: FileRegion?
            let response = Self.answer(request, headers, tag: tag, size: file.size) { range in
                region = file.region(range)
                return region.map(HTTPResponse.Body.file) ?? .bytes([])
            }
            return response
        }
    }

    private static func answer(
        _ request: HTTPRequest, _ headers: HTTPHeaders, tag: String, size: Int,
        body: (Range<Int>) -> HTTPResponse.Body
    ) -> HTTPResponse {
        var headers = headers
        headers.append("ETag", tag)
        headers.append("Accept-Ranges", "bytes")
        let known = request.headers.list("If-None-Match")
        if known.contains(where: { $0 == "*" || $0 == tag || $0 == "W/" + tag }) {
            return HTTPResponse(.notModified, headers: headers)
        }
        let isRangeValid = request.headers["If-Range"].map { $0 == tag } ?? true
        switch ByteRange(isRangeValid ? request.headers["Range"] : nil, size: size) {
        case .whole: return HTTPResponse(.ok, headers: headers, body: body(0..<size))
        case .part(let range):
            headers.append("Content-Range", "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)")
            return HTTPResponse(.partialContent, headers: headers, body: body(range))
        case .unsatisfiable:
            headers.append("Content-Range", "bytes */\(size)")
            return HTTPResponse(.rangeNotSatisfiable, headers: headers)
        }
    }

    private static func hex(_ value: Int) -> String { String(value, radix: 16) }

    /// A strong tag from the content: SHA-1 is enough to tell versions of our own files apart.
    private static func tag(of bytes: [UInt8]) -> String {
        "\"" + SHA1.digest(bytes).prefix(10).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + "\""
    }
}
