/// Puts a response's header together from its lines. Pure.
///
/// Interim responses (1xx) are read and dropped; trailers count against the bound and are dropped.
struct ResponseHeadReader {
    private enum State {
        /// Can transition to: inHeader.
        case awaitingStatus
        /// Can transition to: awaitingStatus (after an interim response), done.
        case inHeader(ResponseHead)
        case done
    }

    enum Result: Equatable {
        case needsMore
        case complete(ResponseHead)
        case refused(FetchError)
    }

    private var state = State.awaitingStatus
    private var byteCount = 0
    private let byteCountMax: Int

    init(byteCountMax: Int) { self.byteCountMax = byteCountMax }

    /// Reads one line, with its end.
    mutating func read(_ line: UnsafeRawBufferPointer) -> Result {
        byteCount += line.count
        guard byteCount <= byteCountMax else {
            return .refused(FetchError(.tooLarge, "The response's header is larger than \(byteCountMax) bytes."))
        }
        var text = unsafe Array(line)
        while let last = text.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") { text.removeLast() }
        switch state {
        case .done:
            return .needsMore
        case .awaitingStatus:
            guard let status = Self.status(ofLine: text) else {
                return .refused(FetchError(.malformedResponse, "The server's answer is not HTTP."))
            }
            state = .inHeader(ResponseHead(status: status, headers: [:]))
            return .needsMore
        case .inHeader(var head):
            guard text.isEmpty else {
                if let field = FetchHeaders.field(ofLine: text) { head.headers.add(field.name, field.value) }
                state = .inHeader(head)
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
    private static func status(ofLine line: [UInt8]) -> Int? {
        guard line.starts(with: "HTTP/".utf8), let space = line.firstIndex(of: UInt8(ascii: " ")) else { return nil }
        let digits = line[(space + 1)...].prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        guard digits.count == 3 else { return nil }
        return Int(String(decoding: digits, as: UTF8.self))
    }
}
