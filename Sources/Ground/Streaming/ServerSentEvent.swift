/// One event of a `text/event-stream`. Source: WHATWG HTML, section 9.2 "Server-sent events".
public struct ServerSentEvent: Sendable, Equatable {
    /// The event's type; without one, a browser dispatches "message". Line breaks in it are dropped.
    public var event: String?
    /// The payload. Each of its lines becomes a `data:` line, so that the reader gets the same text back.
    public var data: String
    /// What the client sends as `Last-Event-ID` when it comes back. Line breaks and NUL in it are dropped.
    public var id: String?
    /// How long the client waits before it comes back; sent in whole milliseconds.
    public var retry: Duration?

    public init(event: String? = nil, data: String, id: String? = nil, retry: Duration? = nil) {
        self.event = event
        self.data = data
        self.id = id
        self.retry = retry
    }

    /// The event as it goes over the wire, with the empty line that ends it.
    public var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(data.utf8.count + 32)
        if let event { Self.append("event: ", oneLine: event, to: &bytes) }
        if let id { Self.append("id: ", oneLine: id, to: &bytes) }
        if let retry { Self.append("retry: ", oneLine: String(Int(retry / .milliseconds(1))), to: &bytes) }
        Self.append("data: ", lines: data, to: &bytes)
        bytes.append(0x0A)
        return bytes
    }

    /// A line that every reader ignores. Sent now and then, it keeps proxies from closing a quiet stream.
    public static func comment(_ text: String = "") -> [UInt8] {
        var bytes: [UInt8] = []
        append(": ", lines: text, to: &bytes)
        bytes.append(0x0A)
        return bytes
    }

    private static func append(_ field: StaticString, oneLine text: String, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: field.description.utf8)
        bytes.append(contentsOf: text.utf8.filter { $0 != 0x0A && $0 != 0x0D && $0 != 0 })
        bytes.append(0x0A)
    }

    /// A line ends at CR LF, LF or CR, as the reader sees it.
    private static func append(_ field: StaticString, lines text: String, to bytes: inout [UInt8]) {
        let prefix = field.description.utf8
        bytes.append(contentsOf: prefix)
        // JSON, which is most of what is sent, has no line breaks.
        let isOneLine = text.utf8.withContiguousStorageIfAvailable { utf8 in
            !utf8.contains { $0 == 0x0A || $0 == 0x0D }
        }
        if isOneLine == true {
            bytes.append(contentsOf: text.utf8)
            bytes.append(0x0A)
            return
        }
        var wasCarriageReturn = false
        for byte in text.utf8 {
            let isLineFeed = byte == 0x0A
            if isLineFeed && wasCarriageReturn {
                wasCarriageReturn = false
                continue
            }
            wasCarriageReturn = byte == 0x0D
            if isLineFeed || wasCarriageReturn {
                bytes.append(0x0A)
                bytes.append(contentsOf: prefix)
            } else {
                bytes.append(byte)
            }
        }
        bytes.append(0x0A)
    }
}
