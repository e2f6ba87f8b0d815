/// A text in pieces that a sentence encoder can read, each cut where a thought is likely to end.
public enum TextChunks {
    /// Encoders read a few hundred tokens; what lies behind would count for nothing.
    public static let bytesMax = 900
    /// Of one text; what lies behind is not found by its meaning, but by its words.
    public static let countMax = 24

    /// Where a piece stands in the UTF-8 of its text.
    public struct Place: Sendable, Hashable {
        public var start: Int
        public var length: Int

        public init(start: Int, length: Int) {
            self.start = start
            self.length = length
        }
    }

    /// Cuts a text. White space at the ends of pieces belongs to none; a text of nothing else has no pieces.
    ///
    /// - Parameters:
    ///   - text: of any length; at most `countMax * bytesMax` bytes are looked at.
    ///   - bytesMax: of one piece, at least 16.
    /// - Returns: the places, in order.
    public static func places(in text: String, bytesMax: Int = bytesMax) -> [Place] {
        precondition(bytesMax >= 16, "a piece has room for words")
        let bytes = Array(text.utf8.prefix(countMax * bytesMax))
        var places: [Place] = []
        var start = 0
        while places.count < countMax {
            while start < bytes.count, isSpace(bytes[start]) { start += 1 }
            guard start < bytes.count else { break }
            var end = cut(bytes, from: start, bytesMax)
            let next = end
            while end > start, isSpace(bytes[end - 1]) { end -= 1 }
            places.append(Place(start: start, length: end - start))
            start = next
        }
        return places
    }

    /// The text of a place; empty where the text is shorter, as when it was changed since.
    public static func text(of place: Place, in text: String) -> String {
        let bytes = text.utf8
        guard place.start >= 0, place.length > 0, place.start + place.length <= bytes.count else { return "" }
        return String(decoding: bytes.dropFirst(place.start).prefix(place.length), as: UTF8.self)
    }

    /// The end of the piece that begins at `start`: behind the last paragraph, else line, sentence, word or character that fits.
    private static func cut(_ bytes: [UInt8], from start: Int, _ bytesMax: Int) -> Int {
        guard bytes.count - start > bytesMax else { return bytes.count }
        let (least, most) = (start + bytesMax / 2, start + bytesMax)
        var (line, sentence, word) = (0, 0, 0)
        var place = most - 1
        while place >= least {
            let byte = bytes[place]
            if byte == UInt8(ascii: "\n") {
                if bytes[place - 1] == byte { return place + 1 }
                line = max(line, place + 1)
            } else if isSpace(byte) {
                word = max(word, place + 1)
                let before = bytes[place - 1]
                if before == UInt8(ascii: ".") || before == UInt8(ascii: "!") || before == UInt8(ascii: "?") {
                    sentence = max(sentence, place + 1)
                }
            }
            place -= 1
        }
        if let found = [line, sentence, word].first(where: { $0 > 0 }) { return found }
        var end = most
        // Not in the middle of a character: its later bytes begin with 10.
        while end > start + 1, bytes[end] & 0xC0 == 0x80 { end -= 1 }
        return end
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
