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
        /// Mostly one line, and then it is not copied out of the piece that it came with.
        var data: ArraySlice<UInt8> = []
        /// It lies in the piece still.
        var isInPiece = false
        var hasData = false
        var id: [UInt8]?
        var retry: Duration?
        /// What this event has cost so far, counted against the bound: comments and unknown fields too, because a
        /// block that never ends should not go on for ever.
        var byteCount = 0

        /// Makes it ready for the next event.
        mutating func clear() {
            if !event.isEmpty { event = [] }
            data = []
            (isInPiece, hasData, id, retry, byteCount) = (false, false, nil, nil, 0)
        }
    }

    /// Room for as many events of a piece at first: growing one by one costs more than the room.
    private static let firstCapacity = 8
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

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
        try read(bytes) { block in
            if events.isEmpty { events.reserveCapacity(Self.firstCapacity) }
            events.append(
                ServerSentEvent(
                    event: block.event.isEmpty ? nil : String(decoding: block.event, as: UTF8.self),
                    data: String(decoding: block.data, as: UTF8.self),
                    id: block.id.map { String(decoding: $0, as: UTF8.self) }, retry: block.retry))
        }
        return events
    }

    /// The same for who reads the payloads as bytes and needs nothing else of the events: no text is made of them, and their
    /// bytes are as they came, be they UTF-8 or not.
    ///
    /// - Throws: when an event is larger than the bound. Events of the same piece that came before it are lost.
    public mutating func feedPayloads(_ bytes: [UInt8]) throws(ServerSentEventError) -> [ArraySlice<UInt8>] {
        var payloads: [ArraySlice<UInt8>] = []
        try read(bytes) { block in
            if payloads.isEmpty { payloads.reserveCapacity(Self.firstCapacity) }
            payloads.append(block.data)
        }
        return payloads
    }

    /// Reads a piece; `take` gets each event that it finishes.
    private mutating func read(_ bytes: [UInt8], _ take: (Block) -> Void) throws(ServerSentEventError) {
        if case .nothingRead = start, let first = bytes.first, first != Self.byteOrderMark[0] { start = .passed }
        var place = 0
        while place < bytes.count {
            if let data = plainEvent(in: bytes, from: place) {
                take(Block(data: data, hasData: true))
                // Two ends of lines.
                place = data.endIndex + 2
            } else if case .passed = start {
                place = try readLine(bytes, from: place, take)
            } else {
                try read(bytes[place], take)
                place += 1
            }
        }
        // The rest of an event may be long in coming: the whole piece is not kept for its sake.
        guard block.isInPiece else { return }
        block.data = ArraySlice(Array(block.data))
        block.isInPiece = false
    }

    /// The data of an event that is one line and lies in the piece as a whole, as nearly all do: it needs no steps in between.
    private func plainEvent(in bytes: [UInt8], from place: Int) -> ArraySlice<UInt8>? {
        guard case .passed = start, line.isEmpty, block.byteCount == 0, !isAfterReturn,
            let rest = Self.plainData(bytes[place...])
        else { return nil }
        let end = Self.lineEnd(in: bytes, from: rest.startIndex)
        guard end - place <= eventBytesMax, end + 1 < bytes.count, bytes[end] == UInt8(ascii: "\n"),
            bytes[end + 1] == UInt8(ascii: "\n")
        else { return nil }
        return rest[..<end]
    }

    /// Reads to the end of a line, or of the piece, in one go. Returns where to go on.
    private mutating func readLine(
        _ bytes: [UInt8], from place: Int, _ take: (Block) -> Void
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
            endLine(bytes[place..<end], take)
        } else {
            line += bytes[place..<end]
            endLine(take)
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

    private mutating func read(_ byte: UInt8, _ take: (Block) -> Void) throws(ServerSentEventError) {
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
            endLine(take)
        case UInt8(ascii: "\r"):
            isAfterReturn = true
            endLine(take)
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

    private mutating func endLine(_ take: (Block) -> Void) {
        let ended = line
        line = []
        endLine(ended[...], take)
    }

    private mutating func endLine(_ line: ArraySlice<UInt8>, _ take: (Block) -> Void) {
        guard !line.isEmpty else { return endBlock(take) }
        // Nearly all lines, which are looked at no further.
        if let value = Self.plainData(line) { return takeData(value) }
        let colon = line.firstIndex(of: UInt8(ascii: ":"))
        guard colon != line.startIndex else { return }  // a comment
        let name = line[..<(colon ?? line.endIndex)]
        var value = colon.map { line[($0 + 1)...] } ?? []
        if value.first == UInt8(ascii: " ") { value.removeFirst() }
        takeField(name: name, value: value)
    }

    /// What stands behind `data: `, if the line begins so. By index: the general comparison costs several times as much.
    private static func plainData(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let start = line.startIndex
        guard line.count >= 6, line[start] == UInt8(ascii: "d"), line[start + 1] == UInt8(ascii: "a"),
            line[start + 2] == UInt8(ascii: "t"), line[start + 3] == UInt8(ascii: "a"),
            line[start + 4] == UInt8(ascii: ":"), line[start + 5] == UInt8(ascii: " ")
        else { return nil }
        return line[(start + 6)...]
    }

    private mutating func takeField(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>) {
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
        guard block.hasData else {
            (block.data, block.isInPiece, block.hasData) = (value, true, true)
            return
        }
        block.isInPiece = false
        block.data.append(UInt8(ascii: "\n"))
        block.data.append(contentsOf: value)
    }

    /// ASCII digits only, as the standard says; a number too large for the machine is ignored like any other text.
    private static func wholeNumber(_ digits: ArraySlice<UInt8>) -> Int? {
        guard digits.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) else { return nil }
        return Int(String(decoding: digits, as: UTF8.self))
    }

    private mutating func endBlock(_ take: (Block) -> Void) {
        if let id = block.id { lastEventID = String(decoding: id, as: UTF8.self) }
        if block.hasData { take(block) }
        block.clear()
    }
}
