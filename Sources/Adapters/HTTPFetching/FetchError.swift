/// Why a request failed. The only error of this module.
///
/// `description` is safe to show: no error of this module holds a URL's credentials, a header's value or a byte of a
/// body. `debugDescription` adds what libcurl said, for logs.
public struct FetchError: Error, Sendable, Equatable {
    public var code: Code
    /// What went wrong, as a full sentence.
    public var message: String
    /// libcurl's own code and words, where the failure came from there.
    public var detail: String?

    public init(_ code: Code, _ message: String, detail: String? = nil) {
        self.code = code
        self.message = message
        self.detail = detail
    }

    public enum Code: Sendable, Hashable {
        /// The request cannot be sent as it is: its URL, method, a header or an option.
        case invalidRequest
        /// The name of the host or of the proxy has no address.
        case resolve
        /// Nobody accepted the connection.
        case connect
        /// The TLS handshake failed: an untrusted certificate, a wrong name, a refused client certificate.
        case tls
        /// The request's `allowsPeer` or its redirect check said no.
        case denied
        /// One of the request's time limits passed.
        case timeout(Timeouts.Phase)
        /// The header, or a body that was to be collected, or one server-sent event, is larger than its bound.
        case tooLarge
        /// The server's answer is not HTTP, or its body is not encoded as its header says.
        case malformedResponse
        /// The connection ended before the answer was complete.
        case readAborted
        /// The request could not be sent to its end.
        case sendAborted
        /// The stream of the request's body threw, or gave more or fewer bytes than announced.
        case requestBody
        /// More redirects than allowed, or one that cannot be followed.
        case redirect
        /// The task was cancelled, or the reader let go of the body.
        case cancelled
        /// More transfers at once than the client's bound.
        case overloaded
        /// The client was shut down.
        case shutDown
        /// libcurl failed in a way that no request should be able to cause.
        case failed
    }

    static let cancelled = FetchError(.cancelled, "The request was cancelled.")
    static let shutDown = FetchError(.shutDown, "The HTTP client is shut down.")
}

extension FetchError: CustomStringConvertible, CustomDebugStringConvertible {
    public var description: String { message }
    public var debugDescription: String { "[\(code)] \(message)" + (detail.map { " (\($0))" } ?? "") }
}
