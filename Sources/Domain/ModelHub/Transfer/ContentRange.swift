/// What a server sends in answer to a request for a range (RFC 9110, section 14.4).
enum RangeAnswer: Sendable, Equatable {
    /// The bytes that were asked for.
    case asAsked
    /// The whole file from its beginning: the server does not know ranges.
    case whole

    /// Compares an answer with what was asked.
    ///
    /// - Parameters:
    ///   - response: with status 200 or 206.
    ///   - asked: the bytes that were asked for.
    ///   - size: of the whole file, as the hub said.
    /// - Returns: which bytes the body holds.
    /// - Throws: what does not fit, in numbers.
    static func read(_ response: HubResponse, asked: Range<Int>, size: Int) throws(RangeMismatch) -> RangeAnswer {
        let length = response.headers["content-length"].flatMap { Int($0) }
        guard response.status == 206 else {
            if let length, length != size {
                throw RangeMismatch("The file should have \(size) bytes, and the storage has \(length).")
            }
            return asked == 0..<size ? .asAsked : .whole
        }
        guard let text = response.headers["content-range"], let range = ContentRange(text) else {
            throw RangeMismatch("The storage sends a part of the file and does not say which.")
        }
        if let total = range.total, total != size {
            throw RangeMismatch("The file should have \(size) bytes, and the storage has \(total).")
        }
        guard range.bytes == asked else {
            throw RangeMismatch(
                "Bytes \(asked.lowerBound) to \(asked.upperBound - 1) were asked for, and the storage sends "
                    + "\(range.bytes.lowerBound) to \(range.bytes.upperBound - 1).")
        }
        if let length, length != asked.count {
            throw RangeMismatch("\(asked.count) bytes were asked for, and the storage announces \(length).")
        }
        return .asAsked
    }
}

struct RangeMismatch: Error, Sendable, Equatable {
    let message: String
    init(_ message: String) { self.message = message }
}

/// `bytes 0-499/1234` or `bytes 0-499/*`.
struct ContentRange: Sendable, Equatable {
    let bytes: Range<Int>
    let total: Int?

    init?(_ text: String) {
        let words = text.split(separator: " ")
        guard words.count == 2, words[0].lowercased() == "bytes" else { return nil }
        let parts = words[1].split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard ends.count == 2, let first = ends[0], let last = ends[1], first >= 0, last >= first, last < Int.max else {
            return nil
        }
        if parts[1] == "*" {
            total = nil
        } else {
            guard let count = Int(parts[1]), count > last else { return nil }
            total = count
        }
        bytes = first..<(last + 1)
    }
}
