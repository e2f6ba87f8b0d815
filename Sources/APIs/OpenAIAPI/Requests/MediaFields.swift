import Foundation
import JSONText
import Vocabulary

/// Reads and writes images and recordings within requests.
enum MediaFields {
    /// `image_url`: an object with a `url`, or the URL itself as some clients send it.
    static func image(_ field: JSONField) throws(JSONFieldError) -> MediaPart {
        if case .string = field.value { return try part(.image, field) }
        return try part(.image, try field.required("url"))
    }

    /// `input_audio`: an object with `data` in base64. Its `format` says nothing that the bytes do not say themselves.
    static func recording(_ field: JSONField) throws(JSONFieldError) -> MediaPart {
        if let data = try field.optional("data") { return try part(.audio, data) }
        return try part(.audio, try field.required("url"))
    }

    private static func part(_ kind: MediaPart.Kind, _ field: JSONField) throws(JSONFieldError) -> MediaPart {
        let text = try field.string(bytesIn: 1...Int.max)
        if let scheme = scheme(of: text) {
            if scheme == "data" { return MediaPart(kind, .bytes(try dataURL(text, kind, field)), field: field.path) }
            guard ["file", "http", "https"].contains(scheme) else {
                throw field.fail("is a URL of '\(scheme)'; 'data:' is what is best sent")
            }
            guard text.utf8.count <= RequestBounds.mediaURLBytesMax else {
                throw field.fail("is a URL of more than \(RequestBounds.mediaURLBytesMax) bytes")
            }
            return MediaPart(kind, .url(text), field: field.path)
        }
        return MediaPart(kind, .bytes(try base64(text, field)), field: field.path)
    }

    /// What stands before the colon of a URL, in lower case; base64 has no colon.
    private static func scheme(of text: String) -> String? {
        let head = text.utf8.prefix(16)
        guard let colon = head.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        return String(text[..<colon]).lowercased()
    }

    /// The bytes of `data:image/png;base64,…`. Source: RFC 2397.
    private static func dataURL(
        _ text: String, _ kind: MediaPart.Kind, _ field: JSONField
    ) throws(JSONFieldError) -> [UInt8] {
        guard let comma = text.utf8.prefix(256).firstIndex(of: UInt8(ascii: ",")) else {
            throw field.fail("is a 'data:' URL without a comma after its type")
        }
        let head = text[..<comma].lowercased()
        guard head.hasPrefix("data:\(kind.rawValue)/") else {
            throw field.fail("must begin with 'data:\(kind.rawValue)/', not '\(head.prefix(40))'")
        }
        guard head.hasSuffix(";base64") else {
            throw field.fail("must be in base64: 'data:\(kind.rawValue)/…;base64,'")
        }
        return try base64(String(text[text.utf8.index(after: comma)...]), field)
    }

    private static func base64(_ text: String, _ field: JSONField) throws(JSONFieldError) -> [UInt8] {
        guard let data = Data(base64Encoded: text), !data.isEmpty else {
            throw field.fail("must be a URL, or bytes in base64 (RFC 4648, with padding)")
        }
        return Array(data)
    }

    /// The mark in a prompt where an image or a recording stands. llama-server's.
    static let mark = "<__media__>"

    /// llama-server's prompt with media: `{"prompt_string": "…<__media__>…", "multimodal_data": ["base64", …]}`.
    static func markedPrompt(_ field: JSONField) throws(JSONFieldError) -> GenerationRequest.Prompt {
        let text = try field.required("prompt_string").string()
        guard let data = try field.optional("multimodal_data") else { return .text(text) }
        let elements = try data.elements(countMax: RequestBounds.mediaMax)
        let texts = text.split(separator: mark, omittingEmptySubsequences: false)
        guard texts.count == elements.count + 1 else {
            throw data.fail("has \(elements.count) elements for \(texts.count - 1) times \(mark) in 'prompt_string'")
        }
        var parts: [ContentPart] = []
        for (index, text) in texts.enumerated() {
            if !text.isEmpty { parts.append(.text(String(text))) }
            guard index < elements.count else { continue }
            let bytes = try base64(try elements[index].string(bytesIn: 1...Int.max), elements[index])
            parts.append(.media(MediaPart(Self.kind(of: bytes), .bytes(bytes), field: elements[index].path)))
        }
        return .parts(parts)
    }

    /// Nobody says here what it is. What is no recording by its first bytes is for the engine to look into.
    private static func kind(of bytes: [UInt8]) -> MediaPart.Kind {
        let isWave = bytes.starts(with: Array("RIFF".utf8)) && bytes.dropFirst(8).starts(with: Array("WAVE".utf8))
        let isMP3 = bytes.starts(with: Array("ID3".utf8)) || bytes.count > 1 && bytes[0] == 0xFF && bytes[1] >= 0xE0
        return isWave || isMP3 || bytes.starts(with: Array("fLaC".utf8)) ? .audio : .image
    }

    // MARK: As a client

    static func markedPrompt(_ parts: [ContentPart]) -> JSONValue {
        var text = ""
        var data: [JSONValue] = []
        for part in parts {
            switch part {
            // A text with a mark of its own would call for media that is not there.
            case .text(let more): text += more.split(separator: mark, omittingEmptySubsequences: false).joined()
            case .media(let part):
                text += mark
                data.append(.string(base64(part)))
            }
        }
        return ["prompt_string": .string(text), "multimodal_data": .array(data)]
    }

    static func value(_ part: MediaPart) -> JSONValue {
        switch (part.kind, part.source) {
        case (.image, .url(let url)): ["type": "image_url", "image_url": ["url": .string(url)]]
        case (.image, .bytes):
            // Whoever reads it looks at the bytes; the type is for servers that want one.
            ["type": "image_url", "image_url": ["url": .string("data:image/png;base64," + base64(part))]]
        case (.audio, .url(let url)): ["type": "input_audio", "input_audio": ["url": .string(url)]]
        case (.audio, .bytes(let bytes)):
            [
                "type": "input_audio",
                "input_audio": ["data": .string(base64(part)), "format": bytes.starts(with: [0x52]) ? "wav" : "mp3"],
            ]
        }
    }

    private static func base64(_ part: MediaPart) -> String {
        guard case .bytes(let bytes) = part.source else { return "" }
        return Data(bytes).base64EncodedString()
    }
}
