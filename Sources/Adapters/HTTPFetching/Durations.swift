import CCurl

extension Transfer {
    /// Sets every option of the handle; `context` is what the callbacks are given to find this transfer.
    func configure(
        _ request: PreparedRequest, context: UnsafeMutableRawPointer, settings: HTTPClient.Configuration
    ) throws(FetchError) {
        let options = request.options
        try unsafe check(nexus_curl_set_context(easy, CURLOPT_PRIVATE, context))
        try unsafe check(nexus_curl_set_context(easy, CURLOPT_ERRORBUFFER, errorWords))
        try set(CURLOPT_URL, request.url.absolute)
        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_FOLLOWLOCATION, 0)
        try set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        try set(CURLOPT_TCP_KEEPALIVE, 1)
        // libcurl adds a byte, which would cost allocators a quarter more.
        try set(CURLOPT_BUFFERSIZE, (options.receiveBytes ?? settings.receiveBytes) - 1)
        try set(CURLOPT_MAXAGE_CONN, settings.connectionIdleMax.wholeSeconds)
        // Without it a cancelled transfer would wait, and with it every other, for the resolver's thread. That thread
        // then ends by itself and frees what it holds.
        try set(CURLOPT_QUICK_EXIT, 1)
        // The limits are ours; libcurl knows this one because it shares it
        // out among the addresses of a host. Its own default would be 300 seconds.
        try set(CURLOPT_CONNECTTIMEOUT_MS, options.timeouts.connect.map(\.wholeMilliseconds) ?? Int(Int32.max))
        if options.decompresses { try set(CURLOPT_ACCEPT_ENCODING, "") }
        try setRoute(options)
        try setTLS(options.tls)
        try setHeaders(request.headerLines)
        try setMethod(request, settings)
        try unsafe setCallbacks(context)
    }

    private func setRoute(_ options: FetchRequest) throws(FetchError) {
        // An empty proxy, and an empty list of exceptions, keep libcurl from asking the environment.
        try set(CURLOPT_PROXY, options.proxy ?? "")
        try set(CURLOPT_NOPROXY, "")
        try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        if let path = options.unixSocketPath { try set(CURLOPT_UNIX_SOCKET_PATH, path) }
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

    private func setHeaders(_ lines: [String]) throws(FetchError) {
        for line in lines {
            guard let longer = unsafe curl_slist_append(headerList, line) else {
                throw FetchError(.failed, "No memory for a header.")
            }
            unsafe headerList = unsafe longer
        }
        try unsafe check(nexus_curl_set_list(easy, CURLOPT_HTTPHEADER, headerList))
        // What is meant for the server is not for the proxy.
        try set(CURLOPT_HEADEROPT, Int(CURLHEADER_SEPARATE))
    }

    private func setMethod(_ request: PreparedRequest, _ settings: HTTPClient.Configuration) throws(FetchError) {
        if case .none = outgoing {
            try set(request.method == "HEAD" ? CURLOPT_NOBODY : CURLOPT_HTTPGET, 1)
        } else if case .bytes(let bytes, _) = outgoing, (1..<Self.postedBytesMax).contains(bytes.count) {
            try post(bytes)
        } else {
            // libcurl's own size of 64 KiB would be the largest part of a transfer.
            try set(CURLOPT_UPLOAD_BUFFERSIZE, max(settings.receiveBytes, 16 << 10))
            try set(CURLOPT_UPLOAD, 1)
            try unsafe check(nexus_curl_set_size(easy, CURLOPT_INFILESIZE_LARGE, curl_off_t(outgoing.length ?? -1)))
        }
        try set(CURLOPT_CUSTOMREQUEST, request.method)
    }

    /// A body that is shorter goes out together with the header, without a buffer of its own (libcurl, http.c).
    private static let postedBytesMax = 64 << 10

    /// Gives a short body away as a whole: libcurl keeps a copy of it, and asks no callback.
    private func post(_ bytes: [UInt8]) throws(FetchError) {
        try set(CURLOPT_POST, 1)
        try unsafe check(nexus_curl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count)))
        let code = unsafe bytes.withUnsafeBytes { body in
            // libcurl only reads there, and not after this call.
            unsafe nexus_curl_set_context(
                easy, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: body.baseAddress))
        }
        try check(code)
        outgoing = .none
    }

    private func set(_ option: CURLoption, _ value: Int) throws(FetchError) {
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

extension Duration {
    /// Rounded up, so that nothing happens too early.
    var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        let milliseconds =
            Int(clamping: attoseconds / 1_000_000_000_000_000)
            + (attoseconds % 1_000_000_000_000_000 > 0 ? 1 : 0)
        let most = Int(Int32.max)
        return seconds >= Int64(most / 1000) ? most : max(0, Int(seconds) * 1000 + milliseconds)
    }

    /// Rounded up, at least 1.
    var wholeSeconds: Int { max(1, (wholeMilliseconds + 999) / 1000) }
}
