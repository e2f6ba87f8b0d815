import CCurl

/// What one of libcurl's handles is set to, apart from the single request.
///
/// A reference, because thousands of handles may be set to the same. Not `Sendable`: for the client's thread.
@safe
final class HandleProfile: Equatable {
    /// How a request's body is given away.
    enum BodyKind: Equatable { case none, posted, uploaded }

    /// A body that is shorter goes out together with the header, without a buffer of its own (libcurl, http.c).
    private static let postedBytesMax = 64 << 10

    let url: String
    let method: String
    let body: BodyKind
    let unixSocketPath: String?
    let proxy: String?
    let tls: TLSOptions
    let connect: Duration?
    let decompresses: Bool
    let receiveBytes: Int
    /// The URL as libcurl has read it, once there is a handle.
    private var parts: OpaquePointer?

    init(_ request: PreparedRequest, settings: HTTPClient.Configuration) {
        url = request.url.absolute
        method = request.method
        body =
            switch request.body {
            case .none: .none
            case .bytes(let bytes) where (1..<Self.postedBytesMax).contains(bytes.count): .posted
            case .bytes, .stream: .uploaded
            }
        // Each by itself, because the options as a whole are many texts to be counted in and out.
        unixSocketPath = request.options.unixSocketPath
        proxy = request.options.proxy
        tls = request.options.tls
        connect = request.options.timeouts.connect
        decompresses = request.options.decompresses
        receiveBytes = request.options.receiveBytes ?? settings.receiveBytes
    }

    deinit { unsafe curl_url_cleanup(parts) }

    /// The URL as libcurl reads it, which it would do for each request where a handle is given a text.
    func urlParts() throws(FetchError) -> OpaquePointer {
        if let parts = unsafe parts { return unsafe parts }
        guard let made = unsafe curl_url() else { throw FetchError(.failed, "No memory for a URL.") }
        guard unsafe curl_url_set(made, CURLUPART_URL, url, 0) == CURLUE_OK else {
            unsafe curl_url_cleanup(made)
            throw FetchError(.invalidRequest, "The URL cannot be read.")
        }
        unsafe parts = unsafe made
        return unsafe made
    }

    static func == (one: HandleProfile, other: HandleProfile) -> Bool {
        one === other
            || one.url == other.url && one.method == other.method && one.body == other.body
                && one.unixSocketPath == other.unixSocketPath && one.proxy == other.proxy && one.tls == other.tls
                && one.connect == other.connect && one.decompresses == other.decompresses
                && one.receiveBytes == other.receiveBytes
    }

    /// Whether a handle is worth to be kept: most requests are such ones. A client's key stays nowhere.
    var isCommon: Bool { body != .uploaded && tls.identity == nil }
}
