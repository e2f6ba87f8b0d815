/// How this module reaches a hub. One implementation speaks HTTP; tests have others.
///
/// Safe to use from any task. Never follows a redirect: who may see the token is decided here, hop by hop.
public protocol HubTransport: Sendable {
    /// Sends a request and returns when the header of the answer is there.
    ///
    /// - Throws: `HubTransportError` when there is no answer, `CancellationError` when the task was cancelled.
    func send(_ request: HubRequest) async throws -> HubResponse
}

/// What is asked of a hub or its storage.
public struct HubRequest: Sendable, Equatable {
    public enum Method: String, Sendable { case get = "GET", head = "HEAD" }

    public var method: Method
    /// Absolute.
    public var url: String
    /// Sent as `Authorization: Bearer`.
    public var token: String?
    /// Bytes from the first to the last, both included (RFC 9110, section 14.1.2).
    public var range: ClosedRange<Int>?
    /// Only a peer outside this machine and its neighbourhood may answer: the hub sent us to this host.
    public var isRedirected: Bool

    public init(
        _ method: Method, _ url: String, token: String? = nil, range: ClosedRange<Int>? = nil,
        isRedirected: Bool = false
    ) {
        self.method = method
        self.url = url
        self.token = token
        self.range = range
        self.isRedirected = isRedirected
    }
}

/// An answer whose body is still on its way. Letting go of it closes the connection.
public struct HubResponse: Sendable {
    public var status: Int
    /// Names in lower case.
    public var headers: [String: String]
    /// Where a `Location` leads, made absolute by the transport.
    public var location: String?
    public var body: any AsyncSequence<[UInt8], any Error> & Sendable

    public init(
        status: Int, headers: [String: String], location: String? = nil,
        body: any AsyncSequence<[UInt8], any Error> & Sendable
    ) {
        self.status = status
        self.headers = headers
        self.location = location
        self.body = body
    }

    /// The whole body.
    ///
    /// - Parameter limit: how many bytes it may have.
    /// - Returns: the bytes.
    /// - Throws: `badAnswer` when there are more, or what broke the connection; `CancellationError`.
    func collect(upTo limit: Int) async throws -> [UInt8] {
        var collected: [UInt8] = []
        for try await chunk in body {
            guard collected.count + chunk.count <= limit else {
                throw HubError(.badAnswer, "The hub's answer has more than \(limit) bytes.")
            }
            collected.append(contentsOf: chunk)
        }
        // Sequences may simply end when their task is cancelled, as those of the standard library do: what has come then
        // is not the whole body.
        try Task.checkCancellation()
        return collected
    }
}

/// Why there was no answer, or why it broke off.
public struct HubTransportError: Error, Sendable, Equatable {
    /// A full sentence that is safe to show.
    public var message: String
    /// Another try may succeed: a broken connection, a time limit. A name without an address is not worth many.
    public var isPassing: Bool

    public init(_ message: String, isPassing: Bool) {
        self.message = message
        self.isPassing = isPassing
    }
}
