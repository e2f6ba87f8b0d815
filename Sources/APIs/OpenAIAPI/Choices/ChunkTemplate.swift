import JSONText
import Streaming

/// The event of a stream that tells a piece of an answer's text. What stands around the text is the same for each piece, so it
/// is written once.
struct ChunkTemplate: Sendable {
    /// The event with an empty text.
    private let event: [UInt8]
    /// Where the text's quotes stand in it.
    private let place: Range<Int>

    /// `nil` when the chunk has no empty text of that name.
    ///
    /// - Parameters:
    ///   - chunk: the chunk with an empty text.
    ///   - member: the name of the text.
    init?(_ chunk: JSONObject, member: String) {
        event = ServerSentEvent(data: JSONValue.object(chunk).text).encoded
        // Quotes inside of a string are escaped, so this is never found in one.
        let named = Array("\"\(member)\":\"\"".utf8)
        let starts = 0...max(0, event.count - named.count)
        guard let start = starts.first(where: { [event] in event[$0...].starts(with: named) }) else { return nil }
        let end = start + named.count
        place = (end - 2)..<end
    }

    /// The event with a text.
    func encoded(_ text: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.write(.string(text))
        var bytes: [UInt8] = []
        bytes.reserveCapacity(event.count + writer.bytes.count)
        bytes += event[..<place.lowerBound]
        bytes += writer.bytes
        bytes += event[place.upperBound...]
        return bytes
    }
}
