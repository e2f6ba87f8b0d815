/// Puts a response's header together from its lines. Pure.
///
/// Interim responses (1xx) are read and dropped; trailers count against the bound and are dropped.
struct ResponseHeadReader {
    private enum State {
        /// Can transition to: inHeader.
        case awaitingStatus
        /// Can transition to: awaitingStatus (after an interim response), done.
        case inHeader
        case done
    }

    enum Result: Equatable {
        case needsMore
        case complete(ResponseHead)
        case refused(FetchError)
    }

    private var state = State.awaitingStatus
    /// What was read of the response that is being read.
    private var head = ResponseHead(status: 0, headers: [:])
    private var byteCount = 0
    private let byteCountMax: Int

    init(byteCountMax: Int) { self.byteCountMax = byteCountMax }

    /// Reads one line, with its end.
    mutating func read(_ line: UnsafeRawBufferPointer) -> Result {
        byteCount += line.count
        guard byteCount <= byteCountMax else {
            return .refused(FetchError(.tooLarge, "The response's header is larger than \(byteCountMax) bytes."))
        }
        var end = line.count
        while end > 0, unsafe line[end - 1] == UInt8(ascii: "\n") || line[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        return unsafe read(text: UnsafeRawBufferPointer(rebasing: line[..<end]))
    }

    private mutating func read(text: UnsafeRawBufferPointer) -> Result {
        switch state {
        case .done:
            return .needsMore
        case .awaitingStatus:
            guard let status = unsafe Self.status(ofLine: text) else {
                return .refused(FetchError(.malformedResponse, "The server's answer is not HTTP."))
            }
            head = ResponseHead(status: status, headers: [:])
            state = .inHeader
            return .needsMore
        case .inHeader:
            guard unsafe text.isEmpty else {
                if let field = unsafe FetchHeaders.field(ofLine: text) { head.headers.add(field.name, field.value) }
                return .needsMore
            }
            guard head.status >= 200 else {
                state = .awaitingStatus
                return .needsMore
            }
            state = .done
            return .complete(head)
        }
    }

    /// `HTTP/1.1 200 OK` says 200.
    private static func status(ofLine line: UnsafeRawBufferPointer) -> Int? {
        guard unsafe line.starts(with: "HTTP/".utf8), let space = unsafe line.firstIndex(of: UInt8(ascii: " ")) else {
            return nil
        }
        let digits = unsafe line[(space + 1)...].prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        guard unsafe digits.count == 3 else { return nil }
        return unsafe Int(String(decoding: digits, as: UTF8.self))
    }
}
