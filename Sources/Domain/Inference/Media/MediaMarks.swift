import Vocabulary

/// Brings images and recordings through a chat template, which knows texts only: a mark takes the place of each, and is
/// found again in what was rendered.
///
/// A mark is a private-use character of plane 15 that counts them. Each must come out once: whoever writes one into a text
/// gets a refusal, and no more.
enum MediaMarks {
    private static let first: UInt32 = 0xF4D00
    static let countMax = 128

    /// Messages with texts only, and what was taken out of them, in order.
    static func marked(_ messages: [ChatMessage]) -> (messages: [ChatMessage], media: [MediaPart]) {
        var media: [MediaPart] = []
        let marked = messages.map { message in
            guard message.hasMedia else { return message }
            var marked = message
            let text = message.content.map { part in
                switch part {
                case .text(let text): return text
                case .media(let part):
                    media.append(part)
                    return String(mark(media.count - 1))
                }
            }.joined()
            marked.content = [.text(text)]
            return marked
        }
        return (marked, media)
    }

    private static func mark(_ index: Int) -> Character {
        Unicode.Scalar(first + UInt32(min(index, countMax))).map(Character.init) ?? "\u{FFFD}"
    }

    private static func index(of scalar: Unicode.Scalar) -> Int? {
        (first..<first + UInt32(countMax)).contains(scalar.value) ? Int(scalar.value - first) : nil
    }

    /// Rendered texts, with each image and recording where its mark is.
    ///
    /// - Throws: `ServiceError` when one is missing or there twice, or when there are too many.
    static func parts(of pieces: [String], _ media: [MediaPart]) throws(ServiceError) -> [ContentPart] {
        guard media.count <= countMax else {
            throw ServiceError(
                .invalidValue, "A request has at most \(countMax) images and recordings, not \(media.count).",
                parameter: "messages")
        }
        var parts: [ContentPart] = []
        var seen = [Int](repeating: 0, count: media.count)
        for piece in pieces {
            var text = String.UnicodeScalarView()
            for scalar in piece.unicodeScalars {
                guard let index = index(of: scalar) else {
                    text.append(scalar)
                    continue
                }
                if !text.isEmpty { parts.append(.text(String(text))) }
                text = String.UnicodeScalarView()
                guard index < media.count else { throw Self.refusal(media.first) }
                seen[index] += 1
                parts.append(.media(media[index]))
            }
            if !text.isEmpty { parts.append(.text(String(text))) }
        }
        if let index = seen.firstIndex(where: { $0 != 1 }) { throw refusal(media[index]) }
        return parts
    }

    private static func refusal(_ part: MediaPart?) -> ServiceError {
        ServiceError(
            .invalidValue, "The model's chat template does not take an image or a recording to where it was sent.",
            hint: "Send it in a message of the user, and no private-use characters in texts.", parameter: part?.field)
    }

    /// A rendered prompt for people: llama-server's mark for each image and recording.
    static func shown(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { index(of: $0) != nil }) else { return text }
        return text.unicodeScalars.map { index(of: $0) == nil ? String($0) : "<__media__>" }.joined()
    }
}
