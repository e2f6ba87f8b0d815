import CCurl
import Glibc
import Synchronization

/// The product's HTTP client: HTTP/1.1 over libcurl, any number of exchanges at once on one thread of its own, with
/// kept-alive connections and backpressure in both directions.
///
/// ```swift
/// let client = try HTTPClient()
/// let response = try await client.fetch(FetchRequest("http://localhost:8484/v1/models"))
/// let bytes = try await response.body.collect(upTo: 1 << 20)
/// await client.shutDown()
/// ```
public final class HTTPClient: Sendable {
    /// Bounds and habits of one client.
    public struct Configuration: Sendable, Equatable {
        /// Sent where a request has no `User-Agent` of its own.
        public var userAgent: String
        /// Exchanges under way; one more is refused with `overloaded`.
        public var transfersMax: Int
        /// Connections to one host; further exchanges wait, within their `connect` limit.
        public var connectionsPerHostMax: Int
        /// Connections in all; further exchanges wait, within their `connect` limit.
        public var connectionsMax: Int
        /// Connections that are kept for a later request.
        public var idleConnectionsMax: Int
        /// A connection that was idle for longer is not used again. Whole seconds, rounded up.
        public var connectionIdleMax: Duration
        /// Bytes of one response that may wait for their reader, up to one read of `receiveBytes` more.
        public var responseBufferBytes: Int
        /// Bytes of one read from a connection: more of them make large bodies cheaper, and each connection larger.
        /// Source: `CURLOPT_BUFFERSIZE`, 1 KiB to 10 MiB.
        public var receiveBytes: Int
        /// Bytes of one streamed request body that may wait to be sent, up to one chunk of the stream more.
        public var requestBufferBytes: Int

        public init(
            userAgent: String = "llama-nexus", transfersMax: Int = 4096, connectionsPerHostMax: Int = 256,
            connectionsMax: Int = 1024, idleConnectionsMax: Int = 64, connectionIdleMax: Duration = .seconds(60),
            responseBufferBytes: Int = 256 << 10, requestBufferBytes: Int = 256 << 10, receiveBytes: Int = 16 << 10
        ) {
            self.userAgent = userAgent
            self.transfersMax = transfersMax
            self.connectionsPerHostMax = connectionsPerHostMax
            self.connectionsMax = connectionsMax
            self.idleConnectionsMax = idleConnectionsMax
            self.connectionIdleMax = connectionIdleMax
            self.responseBufferBytes = responseBufferBytes
            self.requestBufferBytes = requestBufferBytes
            self.receiveBytes = receiveBytes
        }
    }

    private let settings: Configuration
    private let mailbox: LoopMailbox
    private let counts = LiveCounts()
    private let urls = KnownURLs()
    /// The thread, until somebody joins it.
    private let thread: Mutex<pthread_t?>
    private let lastID = Mutex<UInt64>(0)

    /// curl_global_init once in a process, before any other use (libcurl manual, curl_global_init).
    private static let isLibraryReady = curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK

    /// Starts the client's thread. It ends with `shutDown`, or when the client goes.
    ///
    /// - Throws: `failed` when the system gives no thread or descriptor.
    public init(_ configuration: Configuration = Configuration()) throws(FetchError) {
        guard Self.isLibraryReady else { throw FetchError(.failed, "libcurl could not be started.") }
        settings = configuration
        mailbox = try LoopMailbox()
        thread = Mutex(try LoopThread(settings: configuration, mailbox: mailbox, counts: counts).start())
    }

    deinit {
        mailbox.post(.shutDown)
        if let thread = thread.withLock({ $0 }) { pthread_detach(thread) }
    }

    /// What is open now.
    public var statistics: FetchStatistics { counts.now }

    /// Sends a request and returns when the response's header is complete.
    ///
    /// Cancelling the task closes the transfer; so does letting go of the response before its end.
    public func fetch(_ request: FetchRequest) async throws(FetchError) -> FetchResponse {
        var prepared = try PreparedRequest(
            request, url: urls.url(request.url), userAgent: settings.userAgent, now: .now)
        var hopCount = 0
        while true {
            let (head, exchange) = try await perform(prepared)
            // From here on the body's lease closes the exchange.
            let body = ResponseBody(exchange)
            guard case .follow(let hopsMax, let allows) = request.redirects,
                let target = try prepared.redirectTarget(of: head)
            else {
                return FetchResponse(
                    status: head.status, headers: head.headers, url: prepared.url.shown,
                    redirect: prepared.manualRedirect(of: head), body: body)
            }
            body.cancel()
            hopCount += 1
            guard hopCount <= hopsMax else {
                throw FetchError(.redirect, "The server redirects more than \(hopsMax) times.")
            }
            let hop = RedirectHop(
                status: head.status, source: prepared.url.shown, target: target.shown, number: hopCount)
            guard await allows(hop) else { throw FetchError(.denied, "A redirect leads to where it is not allowed.") }
            prepared = try prepared.following(status: head.status, to: target, userAgent: settings.userAgent)
        }
    }

    private func perform(_ request: PreparedRequest) async throws(FetchError) -> (ResponseHead, Exchange) {
        let id = lastID.withLock { last in
            last += 1
            return last
        }
        let exchange = Exchange(id: id, responseBufferBytes: settings.responseBufferBytes, mailbox: mailbox)
        return (try await exchange.begin(request).get(), exchange)
    }

    /// Ends every transfer with `shutDown` and returns when the thread has ended. Later requests are refused. May be
    /// called more than once.
    public func shutDown() async {
        mailbox.post(.shutDown)
        await mailbox.closed()
        let joined = thread.withLock { thread in
            let joined = thread
            thread = nil
            return joined
        }
        // The thread has nothing left to do but return: this does not wait in any sense that matters.
        if let joined { pthread_join(joined, nil) }
    }
}
