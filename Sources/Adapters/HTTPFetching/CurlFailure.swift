import CCurl

/// What libcurl's result of a transfer means to us.
enum CurlFailure {
    /// The error to give to the caller. `words` is libcurl's error buffer, for logs; `isConnecting` says that no
    /// connection was ready yet.
    static func error(_ code: CURLcode, words: String, isConnecting: Bool) -> FetchError {
        let name = unsafe curl_easy_strerror(code).map { unsafe String(cString: $0) } ?? ""
        let detail = "curl \(code.rawValue): \(words.isEmpty ? name : words)"
        let (kind, message) = meaning(of: code, isConnecting: isConnecting)
        return FetchError(kind, message, detail: detail)
    }

    private static func meaning(of code: CURLcode, isConnecting: Bool) -> (FetchError.Code, String) {
        switch code {
        case CURLE_URL_MALFORMAT, CURLE_UNKNOWN_OPTION, CURLE_BAD_FUNCTION_ARGUMENT, CURLE_NOT_BUILT_IN:
            (.invalidRequest, "The request cannot be sent as it is.")
        case CURLE_COULDNT_RESOLVE_HOST: (.resolve, "The host's name has no address.")
        case CURLE_COULDNT_RESOLVE_PROXY: (.resolve, "The proxy's name has no address.")
        case CURLE_COULDNT_CONNECT, CURLE_INTERFACE_FAILED, CURLE_NO_CONNECTION_AVAILABLE:
            (.connect, "The connection was refused or cannot be made.")
        case CURLE_PROXY: (.connect, "The proxy refused the connection.")
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_PINNEDPUBKEYNOTMATCH,
            CURLE_SSL_INVALIDCERTSTATUS:
            (.tls, "The server's certificate is not trusted or names another host.")
        case CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CRL_BADFILE:
            (.tls, "A certificate or key file cannot be used.")
        case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER, CURLE_SSL_CLIENTCERT, CURLE_USE_SSL_FAILED,
            CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_ENGINE_INITFAILED:
            (.tls, "The TLS handshake failed.")
        case CURLE_OPERATION_TIMEDOUT:
            isConnecting
                ? (.timeout(.connect), "No connection was made in time.")
                : (.timeout(.total), "The exchange took too long.")
        case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_CHUNK_FAILED, CURLE_HTTP2,
            CURLE_HTTP2_STREAM:
            (.malformedResponse, "The server's answer is not HTTP.")
        case CURLE_BAD_CONTENT_ENCODING:
            (.malformedResponse, "The response's body is not encoded as its header says.")
        case CURLE_GOT_NOTHING: (.readAborted, "The connection ended without an answer.")
        case CURLE_PARTIAL_FILE: (.readAborted, "The connection ended before the response was complete.")
        case CURLE_RECV_ERROR where isConnecting: (.connect, "The connection ended while it was being made.")
        case CURLE_RECV_ERROR: (.readAborted, "The connection broke before the response was complete.")
        case CURLE_SEND_ERROR: (.sendAborted, "The connection broke while the request was being sent.")
        case CURLE_SEND_FAIL_REWIND, CURLE_UPLOAD_FAILED, CURLE_READ_ERROR:
            (.sendAborted, "The connection broke, and the request's body cannot be sent a second time.")
        // What libcurl 7.88 says to one line of more than its own bound of 100 KiB.
        case CURLE_OUT_OF_MEMORY where !isConnecting: (.tooLarge, "A line of the response's header is too large.")
        case CURLE_FILESIZE_EXCEEDED: (.tooLarge, "The response is too large.")
        default: (.failed, "The request failed.")
        }
    }

    static func timeout(_ phase: Timeouts.Phase) -> FetchError {
        let message =
            switch phase {
            case .connect: "No connection was made in time."
            case .firstByte: "The server did not begin to answer in time."
            case .idle: "Nothing moved on the connection for too long."
            case .total: "The exchange took too long."
            }
        return FetchError(.timeout(phase), message)
    }
}
