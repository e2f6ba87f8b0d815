import JSONText
import Vocabulary

/// A chunk of a chat's stream that brings a piece of text, or nothing, and tells nothing else but that it is the last piece,
/// or how many tokens were used: what a server sends for nearly each token, and at the end.
struct PlainChunk {
    /// Empty where the chunk has none.
    private(set) var text = ""
    /// Where the text stands in the chunk, without its quotes; `nil` where it is empty or written with escapes.
    private(set) var textPlace: Range<Int>?
    /// Why there is no more, where it says that.
    private(set) var finishReason: String?
    /// Whether it belongs to a choice.
    private(set) var hasChoice = false
    /// What was used, where it says that.
    private(set) var usage: TokenUsage?
    /// How many bytes stand before its choices, if these tell nothing: names and times, which are the same in each chunk of an
    /// answer.
    private(set) var headCount: Int?

    /// `nil` for every other chunk, and for what is no chunk: it is to be looked at as a whole.
    ///
    /// - Parameters:
    ///   - data: the bytes of an event.
    ///   - head: what stood before the choices of a chunk that was read. It is not read again where it stands in this one.
    init?(_ data: ArraySlice<UInt8>, knowing head: [UInt8] = []) {
        let isKnown = !head.isEmpty && data.begins(with: head)
        var reader = JSONReader(isKnown ? [UInt8(ascii: "{")] + data.dropFirst(head.count) : Array(data))
        var chunk = Found()
        do throws(JSONSyntaxError) {
            guard try reader.kind() == .object else { return nil }
            try reader.members { (reader, key) throws(JSONSyntaxError) in
                switch key {
                case "id", "object", "created", "model", "system_fingerprint", "service_tier": try reader.skip()
                case "choices":
                    if chunk.isPlain, !chunk.hasChoice, chunk.usage == nil { chunk.choicesStart = key.start }
                    try Self.choices(&reader, &chunk)
                case "usage":
                    if chunk.usage != nil { return try Self.unknown(&reader, &chunk) }
                    guard try reader.kind() == .object else { return try Self.nothing(&reader, &chunk) }
                    chunk.usage = try TokenUsage(reading: &reader)
                default: try Self.nothing(&reader, &chunk)
                }
            }
            try reader.end()
        } catch {
            return nil
        }
        guard chunk.isPlain, chunk.hasChoice || chunk.usage != nil else { return nil }
        text = chunk.text
        let shift = isKnown ? head.count - 1 : 0
        textPlace = chunk.text.isEmpty ? nil : chunk.textPlace.map { $0.lowerBound + shift..<$0.upperBound + shift }
        finishReason = chunk.finishReason
        hasChoice = chunk.hasChoice
        usage = chunk.usage
        headCount = chunk.choicesStart.map { $0 - 1 + shift }
    }

    /// What was read so far.
    private struct Found {
        var hasChoice = false
        var isPlain = true
        var text = ""
        var textPlace: Range<Int>?
        var finishReason: String?
        var usage: TokenUsage?
        var choicesStart: Int?
    }

    private static func choices(_ reader: inout JSONReader, _ chunk: inout Found) throws(JSONSyntaxError) {
        guard try reader.kind() == .array, !chunk.hasChoice else { return try unknown(&reader, &chunk) }
        try reader.elements { (reader) throws(JSONSyntaxError) in
            guard try reader.kind() == .object, !chunk.hasChoice else { return try unknown(&reader, &chunk) }
            chunk.hasChoice = true
            var hasDelta = false
            try reader.members { (reader, key) throws(JSONSyntaxError) in
                switch key {
                case "index": try reader.skip()
                case "delta":
                    if hasDelta { return try unknown(&reader, &chunk) }
                    hasDelta = true
                    try delta(&reader, &chunk)
                case "finish_reason":
                    if chunk.finishReason != nil { return try unknown(&reader, &chunk) }
                    guard try reader.kind() == .string else { return try nothing(&reader, &chunk) }
                    chunk.finishReason = try reader.string()
                default: try nothing(&reader, &chunk)
                }
            }
            // Without it the choice itself is looked at, as in streams of completions.
            if !hasDelta { chunk.isPlain = false }
        }
    }

    private static func delta(_ reader: inout JSONReader, _ chunk: inout Found) throws(JSONSyntaxError) {
        guard try reader.kind() == .object else { return try unknown(&reader, &chunk) }
        var hasContent = false
        try reader.members { (reader, key) throws(JSONSyntaxError) in
            switch key {
            case "role": try reader.skip()
            case "content":
                if hasContent { return try unknown(&reader, &chunk) }
                guard try reader.kind() == .string else { return try nothing(&reader, &chunk) }
                hasContent = true
                (chunk.text, chunk.textPlace) = try reader.placedString()
            default: try nothing(&reader, &chunk)
            }
        }
    }

    /// A member that may be there only as `null`, which says nothing.
    private static func nothing(_ reader: inout JSONReader, _ chunk: inout Found) throws(JSONSyntaxError) {
        if try reader.kind() != .null { chunk.isPlain = false }
        try reader.skip()
    }

    private static func unknown(_ reader: inout JSONReader, _ chunk: inout Found) throws(JSONSyntaxError) {
        chunk.isPlain = false
        try reader.skip()
    }
}
