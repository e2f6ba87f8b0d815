import CCurl

/// One of libcurl's easy handles, set up for requests of one profile. What belongs to one request only is set before it and
/// taken away after it.
///
/// Not `Sendable`: for the client's thread. Freed with its last holder, which must not be the multi handle.
@safe
final class EasyHandle {
    let profile: HandleProfile
    let easy: UnsafeMutableRawPointer
    private let errorWords: UnsafeMutablePointer<CChar>
    /// libcurl does not copy the list.
    private var headerList: UnsafeMutablePointer<curl_slist>?

    /// - Throws: when libcurl has no memory, or does not take an option.
    init(_ profile: HandleProfile, sockets: SocketWatch, settings: HTTPClient.Configuration) throws(FetchError) {
        guard let easy = unsafe curl_easy_init() else { throw FetchError(.failed, "No memory for a transfer.") }
        self.profile = profile
        unsafe self.easy = unsafe easy
        unsafe errorWords = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe errorWords.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        try configure(settings: settings)
        try setCallbacks(sockets: sockets)
    }

    deinit {
        unsafe curl_easy_cleanup(easy)
        unsafe curl_slist_free_all(headerList)
        unsafe errorWords.deallocate()
    }

    /// What libcurl says of a failure.
    var words: String { unsafe String(cString: errorWords) }

    /// Whether the request that is over made a connection: its own first one, or one in place of another that was dead. libcurl
    /// counts the dead ones for as long as a handle lives, and gives a request up at the sixth; so such a handle is not kept.
    var hasConnected: Bool {
        var count = 0
        return unsafe nexus_curl_info_long(easy, CURLINFO_NUM_CONNECTS, &count) != CURLE_OK || count > 0
    }

    // MARK: one request

    /// Sets what belongs to one request; `context` is what the callbacks are given to find its transfer.
    func begin(
        _ request: PreparedRequest, _ outgoing: OutgoingBody, context: UnsafeMutableRawPointer
    ) throws(FetchError) {
        unsafe errorWords.pointee = 0
        try unsafe setContext(context)
        try unsafe request.headerLines.withUnsafeBufferPointer { (lines) throws(FetchError) in
            guard let first = lines.baseAddress else { return }
            var start = 0
            for end in lines.indices where unsafe lines[end] == 0 {
                let line = unsafe UnsafeRawPointer(first + start).assumingMemoryBound(to: CChar.self)
                guard let longer = unsafe curl_slist_append(headerList, line) else {
                    throw FetchError(.failed, "No memory for a header.")
                }
                unsafe headerList = unsafe longer
                start = end + 1
            }
        }
        try unsafe check(nexus_curl_set_list(easy, CURLOPT_HTTPHEADER, headerList))
        switch (profile.body, outgoing) {
        case (.posted, .bytes(let bytes, _)): try post(bytes)
        case (.uploaded, _):
            try unsafe check(nexus_curl_set_size(easy, CURLOPT_INFILESIZE_LARGE, curl_off_t(outgoing.length ?? -1)))
        default: break
        }
    }

    /// Takes away what belongs to a request that is over: its header, its body and its callbacks' context.
    ///
    /// - Returns: whether the handle may be used again.
    func end() -> Bool {
        do throws(FetchError) {
            try unsafe check(nexus_curl_set_list(easy, CURLOPT_HTTPHEADER, nil))
            unsafe curl_slist_free_all(headerList)
            unsafe headerList = nil
            if case .posted = profile.body {
                try unsafe check(nexus_curl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, 0))
                try unsafe check(nexus_curl_set_context(easy, CURLOPT_COPYPOSTFIELDS, nil))
            }
            try unsafe setContext(nil)
            return true
        } catch {
            return false
        }
    }

    /// Gives a short body away as a whole: libcurl keeps a copy of it, and asks no callback.
    private func post(_ bytes: [UInt8]) throws(FetchError) {
        try unsafe check(nexus_curl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count)))
        let code = unsafe bytes.withUnsafeBytes { body in
            // libcurl only reads there, and not after this call.
            unsafe nexus_curl_set_context(
                easy, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: body.baseAddress))
        }
        try check(code)
    }

    private func setContext(_ context: UnsafeMutableRawPointer?) throws(FetchError) {
        let options = [
            CURLOPT_PRIVATE, CURLOPT_WRITEDATA, CURLOPT_HEADERDATA, CURLOPT_READDATA, CURLOPT_SEEKDATA,
            CURLOPT_OPENSOCKETDATA, CURLOPT_PREREQDATA,
        ]
        for option in options { try unsafe check(nexus_curl_set_context(easy, option, context)) }
    }

    // MARK: all of them

    private func configure(settings: HTTPClient.Configuration) throws(FetchError) {
        try unsafe check(nexus_curl_set_context(easy, CURLOPT_CURLU, UnsafeMutableRawPointer(profile.urlParts())))
        try unsafe check(nexus_curl_set_context(easy, CURLOPT_ERRORBUFFER, errorWords))
        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_FOLLOWLOCATION, 0)
        try set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        try set(CURLOPT_TCP_KEEPALIVE, 1)
        // libcurl adds a byte, which would cost allocators a quarter more.
        try set(CURLOPT_BUFFERSIZE, profile.receiveBytes - 1)
        try set(CURLOPT_MAXAGE_CONN, settings.connectionIdleMax.wholeSeconds)
        // Without it a cancelled transfer would wait, and with it every other, for the resolver's thread. That thread
        // then ends by itself and frees what it holds.
        try set(CURLOPT_QUICK_EXIT, 1)
        // The limits are ours; libcurl knows this one because it shares it
        // out among the addresses of a host. Its own default would be 300 seconds.
        try set(CURLOPT_CONNECTTIMEOUT_MS, profile.connect.map(\.wholeMilliseconds) ?? Int(Int32.max))
        if profile.decompresses { try set(CURLOPT_ACCEPT_ENCODING, "") }
        try setRoute()
        try setTLS(profile.tls)
        // What is meant for the server is not for the proxy.
        try set(CURLOPT_HEADEROPT, Int(CURLHEADER_SEPARATE))
        try setMethod(settings)
    }

    private func setRoute() throws(FetchError) {
        // An empty proxy, and an empty list of exceptions, keep libcurl from asking the environment.
        try set(CURLOPT_PROXY, profile.proxy ?? "")
        try set(CURLOPT_NOPROXY, "")
        try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        if let path = profile.unixSocketPath { try set(CURLOPT_UNIX_SOCKET_PATH, path) }
    }

    private func setTLS(_ tls: TLSOptions) throws(FetchError) {
        try set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
        try set(CURLOPT_SSL_VERIFYPEER, tls.verifiesPeer ? 1 : 0)
        try set(CURLOPT_SSL_VERIFYHOST, tls.verifiesPeer ? 2 : 0)
        if let file = tls.trustFile { try set(CURLOPT_CAINFO, file) }
        if let identity = tls.identity {
            try set(CURLOPT_SSLCERT, identity.certificateFile)
            try set(CURLOPT_SSLKEY, identity.keyFile)
            if let password = identity.keyPassword { try set(CURLOPT_KEYPASSWD, password) }
        }
    }

    private func setMethod(_ settings: HTTPClient.Configuration) throws(FetchError) {
        switch profile.body {
        case .none: try set(profile.method == "HEAD" ? CURLOPT_NOBODY : CURLOPT_HTTPGET, 1)
        case .posted: try set(CURLOPT_POST, 1)
        case .uploaded:
            // libcurl's own size of 64 KiB would be the largest part of a transfer.
            try set(CURLOPT_UPLOAD_BUFFERSIZE, max(settings.receiveBytes, 16 << 10))
            try set(CURLOPT_UPLOAD, 1)
        }
        try set(CURLOPT_CUSTOMREQUEST, profile.method)
    }

    func set(_ option: CURLoption, _ value: Int) throws(FetchError) {
        try unsafe check(nexus_curl_set_long(easy, option, value))
    }

    private func set(_ option: CURLoption, _ value: String) throws(FetchError) {
        try unsafe check(nexus_curl_set_text(easy, option, value))
    }

    func check(_ code: CURLcode) throws(FetchError) {
        guard code != CURLE_OK else { return }
        throw CurlFailure.error(code, words: "", isConnecting: true)
    }
}
