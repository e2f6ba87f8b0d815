import CCurl

/// An absolute `http` or `https` URL, read by the very parser that will connect to it (so that a check of the host
/// and the connection can never disagree about what the host is).
struct RemoteURL: Sendable, Equatable {
    /// Normalised, with its credentials: only for libcurl.
    let absolute: String
    /// The same without credentials: for people, logs and errors.
    let shown: String
    let scheme: String
    let host: String
    let port: String

    /// - Throws: `invalidRequest`, with nothing of the text in it.
    init(_ text: String) throws(FetchError) {
        guard !text.utf8.contains(0) else { throw Self.refusal("holds a zero byte") }
        self = try unsafe Self.read { (handle) throws(FetchError) in
            try unsafe Self.set(handle, text, flags: 0)
        }
    }

    private init(absolute: String, shown: String, scheme: String, host: String, port: String) {
        self.absolute = absolute
        self.shown = shown
        self.scheme = scheme
        self.host = host
        self.port = port
    }

    /// What a `Location` of this URL's response means (RFC 3986, section 5).
    func resolving(_ location: String) throws(FetchError) -> RemoteURL {
        guard !location.utf8.contains(0) else { throw Self.refusal("holds a zero byte") }
        return try unsafe Self.read { (handle) throws(FetchError) in
            try unsafe Self.set(handle, absolute, flags: 0)
            try unsafe Self.set(handle, location, flags: UInt32(CURLU_URLENCODE))
        }
    }

    func isSameOrigin(as other: RemoteURL) -> Bool {
        scheme == other.scheme && host == other.host && port == other.port
    }

    private static func refusal(_ why: String) -> FetchError {
        FetchError(.invalidRequest, "The URL \(why); an absolute http or https URL is needed.")
    }

    private static func read(_ fill: (OpaquePointer) throws(FetchError) -> Void) throws(FetchError) -> RemoteURL {
        guard let handle = unsafe curl_url() else { throw FetchError(.failed, "No memory for a URL.") }
        defer { unsafe curl_url_cleanup(handle) }
        try unsafe fill(handle)
        let scheme = try unsafe part(handle, CURLUPART_SCHEME)
        guard scheme == "http" || scheme == "https" else { throw refusal("has another scheme") }
        let absolute = try unsafe part(handle, CURLUPART_URL)
        let host = try unsafe part(handle, CURLUPART_HOST).lowercased()
        let port = try unsafe part(handle, CURLUPART_PORT, flags: UInt32(CURLU_DEFAULT_PORT))
        unsafe curl_url_set(handle, CURLUPART_USER, nil, 0)
        unsafe curl_url_set(handle, CURLUPART_PASSWORD, nil, 0)
        return RemoteURL(
            absolute: absolute, shown: try unsafe part(handle, CURLUPART_URL), scheme: scheme, host: host, port: port)
    }

    private static func set(_ handle: OpaquePointer, _ text: String, flags: UInt32) throws(FetchError) {
        let status = unsafe curl_url_set(handle, CURLUPART_URL, text, flags)
        guard status == CURLUE_OK else { throw refusal("cannot be read (\(reason(status)))") }
    }

    private static func part(_ handle: OpaquePointer, _ which: CURLUPart, flags: UInt32 = 0) throws(FetchError)
        -> String
    {
        var text: UnsafeMutablePointer<CChar>?
        let status = unsafe curl_url_get(handle, which, &text, flags)
        guard status == CURLUE_OK, let text = unsafe text else { throw refusal("cannot be read (\(reason(status)))") }
        defer { unsafe curl_free(text) }
        return unsafe String(cString: text)
    }

    private static func reason(_ status: CURLUcode) -> String {
        unsafe curl_url_strerror(status).map { unsafe String(cString: $0) } ?? "code \(status.rawValue)"
    }
}
