/// The answer to a request: its header is complete, its body may still be on its way.
///
/// Letting go of the response, or of the body's iterator, before the end closes the connection.
public struct FetchResponse: Sendable {
    public var status: Int
    public var headers: FetchHeaders
    /// Where the answer came from after all redirects, without credentials.
    public var url: String
    /// Where a 301, 302, 303, 307 or 308 that was not followed leads: absolute, without credentials. `nil` where it does
    /// not say, or says something that is no `http` or `https` URL.
    public var redirect: String?
    public var body: ResponseBody
}

/// What the client has open now.
public struct FetchStatistics: Sendable, Equatable {
    /// Transfers whose handle in libcurl exists.
    public var liveTransferCount: Int
    /// Contexts of callbacks that are retained on behalf of libcurl. Equal to the live transfers between two steps.
    public var liveContextCount: Int

    public init(liveTransferCount: Int, liveContextCount: Int) {
        self.liveTransferCount = liveTransferCount
        self.liveContextCount = liveContextCount
    }
}
