import Glibc

/// Why a stream of server-sent events cannot be read on.
public struct ServerSentEventError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The bound that one event went over, in bytes.
    public let eventBytesMax: Int

    public init(eventBytesMax: Int) { self.eventBytesMax = eventBytesMax }

    public var description: String { "A server-sent event is larger than \(eventBytesMax) bytes." }
}

/// Reads a stream of server-sent events, however its bytes are cut into pieces.
///
/// Source: WHATWG HTML Living Standard, section 9.2.6 "Interpreting an event stream".
/// Differs from it in: `id` is the field of this very event and is not carried over to later ones (a reader that
/// connects again keeps the last `id` it saw, see ``lastEventID``), and so is `retry`; an event with an empty type
/// has no type instead of `message`.
///
/// An event that the end of the stream cuts off is dropped, as the standard says.
public struct ServerSentEventParser: Sendable {
    /// How large one event may be when nothing else is said: 8 MiB, which holds an image in base64.
    public static let eventBytesMax = 8 << 20

    /// The last `id` field that belonged to a finished block, for the `Last-Event-ID` header of a later connection.
    public private(set) var lastEventID: String?

    private let eventBytesMax: Int
    private var start = Start.nothingRead
    /// The line that is being read, without its end.
    private var line: [UInt8] = []
    /// The previous byte was a CR: a LF that follows belongs to it.
    private var isAfterReturn = false
    private var block = Block()

    /// The byte order mark may stand only at the very start.
    private enum Start {
        /// Can transition to: markBegun, passed.
        case nothingRead
        /// So many bytes of the mark were read. Can transition to: markBegun, passed.
        case markBegun(Int)
        case passed
    }

    /// The fields of the event that is being read.
    private struct Block {
        var event: [UInt8] = []
        var data: [UInt8] = []
        var hasData = false
        var id: [UInt8]?
        var retry: Duration?
        /// What this event has cost so far, counted against the bound: comments and unknown fields too, because a
        /// block that never ends should not go on for ever.
        var byteCount = 0

        /// Makes it ready for the next event, which may use the same room.
        mutating func clear() {
            if !event.isEmpty { event = [] }
            data.removeAll(keepingCapacity: true)
            (hasData, id, retry, byteCount) = (false, nil, nil, 0)
        }
    }

    /// Room for as many events of a piece at first: growing one by one costs more than the room.
    private static let firstCapacity = 4
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
    /// How nearly all lines begin.
    private static let dataPrefix = Array("data: ".utf8)

    /// - Parameter eventBytesMax: the bound on one event with all its fields, in bytes. A larger one is an error, and
    ///   nothing after it can be read.
    public init(eventBytesMax: Int = ServerSentEventParser.eventBytesMax) {
        self.eventBytesMax = eventBytesMax
    }

    /// Reads the next piece and returns the events that it finished.
    ///
    /// - Throws: when an event is larger than the bound. Events of the same piece that came before it are lost.
    public mutating func feed(_ bytes: some Sequence<UInt8>) throws(ServerSentEventError) -> [ServerSentEvent] {
        try feed(Array(bytes))
    }

    /// The same for bytes that lie together.
    public mutating func feed(_ bytes: [UInt8]) throws(ServerSentEventError) -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        var place = 0
        // The room for an event's data serves all events of a piece, and does not wait for the next piece.
        defer { if !block.hasData { block.data = [] } }
        while place < bytes.count {
            if case .passed = start {
                place = try feedLine(bytes, from: place, into: &events)
            } else {
                try feed(bytes[place], into: &events)
                place += 1
            }
        }
        return events
    }

    /// Reads to the end of a line, or of the piece, in one go. Returns where to go on.
    private mutating func feedLine(
        _ bytes: [UInt8], from place: Int, into events: inout [ServerSentEvent]
    ) throws(ServerSentEventError) -> Int {
        let end = Self.lineEnd(in: bytes, from: place)
        let count = end - place
        if count > 0 {
            guard count <= eventBytesMax - block.byteCount else {
                throw ServerSentEventError(eventBytesMax: eventBytesMax)
            }
            block.byteCount += count
            isAfterReturn = false
        }
        guard end < bytes.count else {
            line += bytes[place...]
            return end
        }
        if count == 0, isAfterReturn, bytes[end] == UInt8(ascii: "\n") {
            isAfterReturn = false
            return end + 1
        }
        isAfterReturn = bytes[end] == UInt8(ascii: "\r")
        if line.isEmpty {
            endLine(bytes[place..<end], into: &events)
        } else {
            line += bytes[place..<end]
            endLine(into: &events)
        }
        return end + 1
    }

    /// Where the line ends that is being read: at a line feed or a carriage return, or with the piece.
    private static func lineEnd(in bytes: [UInt8], from place: Int) -> Int {
        bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return place }
            var start = place
            while start < bytes.count {
                let count = min(searchedTogether, bytes.count - start)
                let end = distance(
                    of: 0x0D, at: base + start, within: distance(of: 0x0A, at: base + start, within: count))
                if end < count { return start + end }
                start += count
            }
            return bytes.count
        }
    }

    /// Bytes in which both ends of lines are searched before it goes on: so short lines that end in carriage returns alone do
    /// not have the whole rest searched for a line feed, each of them again.
    private static let searchedTogether = 512

    /// Bytes before the first `byte`; `count` where there is none.
    private static func distance(of byte: UInt8, at start: UnsafeRawPointer, within count: Int) -> Int {
        memchr(start, Int32(byte), count).map { UnsafeRawPointer($0) - start } ?? count
    }

    private mutating func feed(_ byte: UInt8, into events: inout [ServerSentEvent]) throws(ServerSentEventError) {
        switch start {
        case .passed: break
        case .nothingRead: if skipsMark(byte, matched: 0) { return }
        case .markBegun(let count):
            if skipsMark(byte, matched: count) { return }
            // It only looked like the mark: those bytes begin the first line.
            for earlier in Self.byteOrderMark[..<count] { try append(earlier) }
        }
        switch byte {
        case UInt8(ascii: "\n") where isAfterReturn:
            isAfterReturn = false
        case UInt8(ascii: "\n"):
            endLine(into: &events)
        case UInt8(ascii: "\r"):
            isAfterReturn = true
            endLine(into: &events)
        default:
            isAfterReturn = false
            try append(byte)
        }
    }

    /// Tells whether the byte goes on with the mark; if it completes the mark, or breaks it, the start is passed.
    private mutating func skipsMark(_ byte: UInt8, matched: Int) -> Bool {
        guard byte == Self.byteOrderMark[matched] else {
            start = .passed
            return false
        }
        start = matched + 1 == Self.byteOrderMark.count ? .passed : .markBegun(matched + 1)
        return true
    }

    private mutating func append(_ byte: UInt8) throws(ServerSentEventError) {
        guard block.byteCount < eventBytesMax else { throw ServerSentEventError(eventBytesMax: eventBytesMax) }
        block.byteCount += 1
        line.append(byte)
    }

    private mutating func endLine(into events: inout [ServerSentEvent]) {
        let ended = line
        line = []
        endLine(ended[...], into: &events)
    }

    private mutating func endLine(_ line: ArraySlice<UInt8>, into events: inout [ServerSentEvent]) {
        guard !line.isEmpty else {
            guard let event = endBlock() else { return }
            if events.isEmpty { events.reserveCapacity(Self.firstCapacity) }
            events.append(event)
            return
        }
        if line.starts(with: Self.dataPrefix) { return takeData(line.dropFirst(Self.dataPrefix.count)) }
        let colon = line.firstIndex(of: UInt8(ascii: ":"))
        guard colon != line.startIndex else { return }  // a comment
        let name = line[..<(colon ?? line.endIndex)]
        var value = colon.map { line[($0 + 1)...] } ?? []
        if value.first == UInt8(ascii: " ") { value.removeFirst() }
        take(name: name, value: value)
    }

    private mutating func take(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>) {
        if name.elementsEqual("data".utf8) {
            takeData(value)
        } else if name.elementsEqual("event".utf8) {
            block.event = Array(value)
        } else if name.elementsEqual("id".utf8) {
            if !value.contains(0) { block.id = Array(value) }
        } else if name.elementsEqual("retry".utf8) {
            if let milliseconds = Self.wholeNumber(value) { block.retry = .milliseconds(milliseconds) }
        }
    }

    private mutating func takeData(_ value: ArraySlice<UInt8>) {
        if block.hasData { block.data.append(UInt8(ascii: "\n")) }
        block.data.append(contentsOf: value)
        block.hasData = true
    }

    /// ASCII digits only, as the standard says; a number too large for the machine is ignored like any other text.
    private static func wholeNumber(_ digits: ArraySlice<UInt8>) -> Int? {
        guard digits.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) else { return nil }
        return Int(String(decoding: digits, as: UTF8.self))
    }

    private mutating func endBlock() -> ServerSentEvent? {
        defer { block.clear() }
        let id = block.id.map { String(decoding: $0, as: UTF8.self) }
        if let id { lastEventID = id }
        guard block.hasData else { return nil }
        return ServerSentEvent(
            event: block.event.isEmpty ? nil : String(decoding: block.event, as: UTF8.self),
            data: String(decoding: block.data, as: UTF8.self), id: id, retry: block.retry)
    }
}
