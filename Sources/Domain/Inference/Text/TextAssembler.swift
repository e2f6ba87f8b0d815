/// Turns the bytes of tokens into text that can be shown: whole characters only, and nothing that may be the beginning
/// of a stop text.
struct TextAssembler: Sendable {
    struct Output: Equatable {
        var text: String
        /// A stop text was met; it and everything after it is dropped.
        var isStopped: Bool
    }

    private let stops: [[UInt8]]
    private var held: [UInt8] = []
    /// The stop text that was met.
    private(set) var metStop: String?

    init(stops: [[UInt8]]) { self.stops = stops }

    /// Takes the next token's bytes and gives what can be shown now.
    mutating func append(_ bytes: [UInt8]) -> Output {
        held += bytes
        if let stop = firstStop() {
            let text = String(decoding: held[..<stop.start], as: UTF8.self)
            metStop = String(decoding: stop.text, as: UTF8.self)
            held = []
            return Output(text: text, isStopped: true)
        }
        let safe = completePrefix(upTo: held.count - possibleStopLength())
        let text = String(decoding: held[..<safe], as: UTF8.self)
        held.removeFirst(safe)
        return Output(text: text, isStopped: false)
    }

    /// What was held back, at the end of the answer. Bytes that never became a character show as U+FFFD.
    mutating func finish() -> String {
        defer { held = [] }
        return String(decoding: held, as: UTF8.self)
    }

    /// The stop text that begins first.
    private func firstStop() -> (start: Int, text: [UInt8])? {
        stops.compactMap { stop -> (start: Int, text: [UInt8])? in
            guard held.count >= stop.count else { return nil }
            return (0...(held.count - stop.count)).first { held[$0...].starts(with: stop) }.map { ($0, stop) }
        }.min { $0.start < $1.start }
    }

    /// How many bytes at the end may be the beginning of a stop text.
    private func possibleStopLength() -> Int {
        stops.map { stop in
            (0..<min(stop.count, held.count + 1)).last { held.suffix($0).elementsEqual(stop.prefix($0)) } ?? 0
        }.max() ?? 0
    }

    /// The largest length up to `limit` that does not cut a UTF-8 character in two.
    private func completePrefix(upTo limit: Int) -> Int {
        var start = limit
        // A character has at most four bytes: look back for its first one.
        for _ in 0..<4 where start > 0 {
            start -= 1
            let byte = held[start]
            if byte & 0xC0 == 0x80 { continue }
            let length = byte < 0x80 ? 1 : byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            return start + length > limit ? start : limit
        }
        return limit
    }
}
