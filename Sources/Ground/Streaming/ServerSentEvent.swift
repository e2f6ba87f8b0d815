/// One server-sent event (WHATWG HTML, section 9.2).
public struct ServerSentEvent: Sendable, Equatable {
    /// The event's type; none means `message`.
    public var event: String?
    public var data: String
    public var id: String?
    /// How long a client is to wait before it connects again.
    public var retry: Duration?

    public init(event: String? = nil, data: String, id: String? = nil, retry: Duration? = nil) {
        self.event = event
        self.data = data
        self.id = id
        self.retry = retry
    }
}
