/// A request that was found fit to be sent: everything that a caller could have got wrong is checked here.
///
/// A reference, because it holds dozens of texts and goes from hand to hand.
final class PreparedRequest: Sendable {
    let options: FetchRequest
    let method: String
    let url: RemoteURL
    /// `Name: value`, as libcurl wants them, each with a zero at its end.
    let headerLines: [UInt8]
    let body: RequestBody
    /// When the exchange with all its redirects must be over.
    let totalDeadline: Moment?

    convenience init(
        _ request: FetchRequest, url: RemoteURL, userAgent: String, now: Moment
    ) throws(FetchError) {
        try self.init(
            request, method: request.method, url: url, headers: request.headers, body: request.body,
            userAgent: userAgent, totalDeadline: request.timeouts.total.map { now + $0 })
    }

    private init(
        _ request: FetchRequest, method: String, url: RemoteURL, headers: FetchHeaders, body: RequestBody,
        userAgent: String, totalDeadline: Moment?
    ) throws(FetchError) {
        guard Self.isToken(method) else { throw FetchError(.invalidRequest, "The method is not a token.") }
        guard request.headerBytesMax > 0 else {
            throw FetchError(.invalidRequest, "headerBytesMax must be greater than 0.")
        }
        if case .stream(_, let length?) = body, length < 0 {
            throw FetchError(.invalidRequest, "The length of a request's body must not be negative.")
        }
        options = request
        self.method = method
        self.url = url
        self.body = Self.sentBody(body, method: method)
        self.totalDeadline = totalDeadline
        headerLines = try Self.lines(headers, userAgent: userAgent)
        guard Self.isUsable(request.proxy), Self.isUsable(request.unixSocketPath),
            Self.isUsable(request.tls.trustFile)
        else { throw FetchError(.invalidRequest, "A path or the proxy is empty or holds a zero byte.") }
    }

    private static func isUsable(_ text: String?) -> Bool {
        text.map { !$0.isEmpty && !$0.utf8.contains(0) } ?? true
    }

    /// Methods whose body has a meaning say `Content-Length: 0` when there is none (RFC 9110, section 8.6).
    private static func sentBody(_ body: RequestBody, method: String) -> RequestBody {
        if case .none = body, ["POST", "PUT", "PATCH"].contains(method) { return .bytes([]) }
        return body
    }

    /// Made by libcurl from the body; a second one would open the door to request smuggling.
    private static let ownHeaders = ["Content-Length", "Transfer-Encoding", "Expect"]

    private static func lines(_ headers: FetchHeaders, userAgent: String) throws(FetchError) -> [UInt8] {
        var lines: [UInt8] = []
        lines.reserveCapacity(512)
        // `Expect:` without a value keeps libcurl from waiting a second for "100 Continue" before a large body.
        append("Expect:", "", to: &lines)
        var (hasContentType, hasUserAgent) = (false, false)
        for field in headers.fields {
            guard isToken(field.name) else { throw FetchError(.invalidRequest, "A header's name is not a token.") }
            guard !ownHeaders.contains(where: { FetchHeaders.isSame($0, field.name) }) else {
                throw FetchError(.invalidRequest, "\(field.name) is made by the client.")
            }
            hasContentType = hasContentType || FetchHeaders.isSame(field.name, "Content-Type")
            hasUserAgent = hasUserAgent || FetchHeaders.isSame(field.name, "User-Agent")
            append(field.name, to: &lines)
            switch kind(of: field.value.utf8.span) {
            case .text: append(": ", field.value, to: &lines)
            case .blank: append(";", "", to: &lines)
            case .forbidden:
                throw FetchError(.invalidRequest, "The value of \(field.name) holds a control character.")
            }
        }
        // The same for the `Content-Type` that it gives a post which has none.
        if !hasContentType { append("Content-Type:", "", to: &lines) }
        if !hasUserAgent { append("User-Agent: ", userAgent, to: &lines) }
        return lines
    }

    private enum ValueKind { case text, blank, forbidden }

    private static func kind(of value: Span<UInt8>) -> ValueKind {
        var kind = ValueKind.blank
        for place in value.indices where value[place] != 0x20 && value[place] != 0x09 {
            guard value[place] > 0x20, value[place] != 0x7F else { return .forbidden }
            kind = .text
        }
        return kind
    }

    private static func append(_ text: String, _ rest: String, to lines: inout [UInt8]) {
        append(text, to: &lines)
        append(rest, to: &lines)
        lines.append(0)
    }

    /// As one piece of memory: as a sequence it costs twice as much.
    private static func append(_ text: String, to lines: inout [UInt8]) {
        unsafe text.utf8.span.withUnsafeBufferPointer { unsafe lines.append(contentsOf: $0) }
    }

    /// A token of RFC 9110, section 5.6.2.
    static func isToken(_ text: String) -> Bool {
        let bytes = text.utf8.span
        for place in bytes.indices {
            switch bytes[place] {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                continue
            case let byte: guard "!#$%&'*+.^_`|~".utf8.contains(byte) else { return false }
            }
        }
        return !bytes.isEmpty
    }
}

extension PreparedRequest {
    /// Where a response sends the client, if it does.
    func redirectTarget(of head: ResponseHead) throws(FetchError) -> RemoteURL? {
        guard [301, 302, 303, 307, 308].contains(head.status), let location = head.headers["Location"] else {
            return nil
        }
        do throws(FetchError) {
            return try url.resolving(location)
        } catch {
            throw FetchError(.redirect, "The server redirects to something that cannot be followed. \(error.message)")
        }
    }

    /// The same for a caller who follows redirects alone: what cannot be followed is none.
    func manualRedirect(of head: ResponseHead) -> String? {
        do throws(FetchError) {
            return try redirectTarget(of: head)?.shown
        } catch {
            return nil
        }
    }

    /// The request that follows a redirect (RFC 9110, section 15.4; Fetch Standard, "HTTP-redirect fetch").
    func following(status: Int, to target: RemoteURL, userAgent: String) throws(FetchError) -> PreparedRequest {
        var options = options
        var headers = options.headers
        if !url.isSameOrigin(as: target) {
            headers = FetchHeaders(headers.fields.filter { Self.isForAnyOrigin($0.name) })
            options.tls.identity = nil
        }
        var method = method
        var body = body
        let turnsToGet = status == 303 ? method != "HEAD" : status < 303 && method == "POST"
        if turnsToGet {
            method = "GET"
            body = .none
            headers = FetchHeaders(
                headers.fields.filter { !$0.name.lowercased().hasPrefix("content-") })
        }
        if case .stream = body {
            throw FetchError(.redirect, "The server redirects, and a streamed body cannot be sent a second time.")
        }
        options.headers = headers
        return try PreparedRequest(
            options, method: method, url: target, headers: headers, body: body, userAgent: userAgent,
            totalDeadline: totalDeadline)
    }

    /// A short list of what is known to hold no secret, because the names of API keys are endless.
    private static func isForAnyOrigin(_ name: String) -> Bool {
        let name = name.lowercased()
        let harmless = [
            "user-agent", "content-type", "content-language", "range", "if-none-match", "if-modified-since",
        ]
        return harmless.contains(name) || name.hasPrefix("accept")
    }
}
