import JSONText
import Vocabulary

/// What a message says: a text, or parts of which each is a text, an image or a recording.
///
/// Source: "Create chat completion" of OpenAI's API reference; `url` within `input_audio` and raw base64 in the place of a
/// URL are llama-server's.
enum ContentFields {
    /// The parts of a message's `content`; texts without characters are left out, and texts that follow each other are
    /// lines of one text, as in llama-server.
    static func parts(_ field: JSONField) throws -> [ContentPart] {
        if case .string(let text) = field.value { return text.isEmpty ? [] : [.text(text)] }
        guard field.value.array != nil else {
            throw field.fail("must be a string or an array of parts, not \(field.value.kind)")
        }
        let parts = try field.elements(countMax: RequestBounds.messagesMax).map(part)
        guard parts.count(where: \.isMedia) <= RequestBounds.mediaMax else {
            throw field.fail("has more than \(RequestBounds.mediaMax) images and recordings")
        }
        return parts.reduce(into: []) { joined, part in
            switch (joined.last, part) {
            case (_, .text("")): break
            case (.text(let before), .text(let text)): joined[joined.count - 1] = .text("\(before)\n\(text)")
            default: joined.append(part)
            }
        }
    }

    private static func part(_ field: JSONField) throws -> ContentPart {
        let type = try field.required("type")
        switch try type.string() {
        case "text", "input_text", "output_text": return .text(try field.required("text").string())
        case "refusal": return .text(try field.required("refusal").string())
        case "image_url": return .media(try MediaFields.image(try field.required("image_url")))
        case "input_audio": return .media(try MediaFields.recording(try field.required("input_audio")))
        case let other:
            throw ServiceError(
                .unsupported,
                "'\(type.path)' is \"\(other.prefix(40))\"; parts are texts, images and recordings here.",
                hint: "Send parts of type \"text\", \"image_url\" or \"input_audio\".", parameter: type.path)
        }
    }

    /// The same as a client writes it: a text where there is nothing else.
    static func value(_ content: [ContentPart]) -> JSONValue {
        if content.count == 1, case .text(let only) = content[0] { return .string(only) }
        guard content.contains(where: \.isMedia) else { return .string(content.text) }
        return .array(
            content.map { part in
                switch part {
                case .text(let text): ["type": "text", "text": .string(text)]
                case .media(let part): MediaFields.value(part)
                }
            })
    }
}
