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
        var reader = JSONReader(Array(data))
        do throws(JSONSyntaxError) {
            if !head.isEmpty, data.begins(with: head) {
                reader.resumeObject(after: head.count)
            } else {
                guard try reader.kind() == .object else { return nil }
                try reader.beginObject()
            }
            guard try readMembers(&reader), hasChoice || usage != nil else { return nil }
            try reader.end()
        } catch {
            return nil
        }
    }

    // Each of these tells whether what it has read is plain.

    private mutating func readMembers(_ reader: inout JSONReader) throws(JSONSyntaxError) -> Bool {
        while let key = try reader.nextMember() {
            switch key {
            case "id", "object", "created", "model", "system_fingerprint", "service_tier": try reader.skip()
            case "choices":
                if !hasChoice, usage == nil { headCount = key.start.map { $0 - 1 } }
                guard try readChoices(&reader) else { return false }
            case "usage":
                guard usage == nil else { return false }
                if try reader.kind() == .object {
                    usage = try TokenUsage(reading: &reader)
                } else {
                    guard try Self.isNull(&reader) else { return false }
                }
            default: guard try Self.isNull(&reader) else { return false }
            }
        }
        return true
    }

    private mutating func readChoices(_ reader: inout JSONReader) throws(JSONSyntaxError) -> Bool {
        guard try reader.kind() == .array, !hasChoice else { return false }
        try reader.beginArray()
        while try reader.nextElement() {
            guard try reader.kind() == .object, !hasChoice else { return false }
            hasChoice = true
            guard try readChoice(&reader) else { return false }
        }
        return true
    }

    private mutating func readChoice(_ reader: inout JSONReader) throws(JSONSyntaxError) -> Bool {
        var hasDelta = false
        try reader.beginObject()
        while let key = try reader.nextMember() {
            switch key {
            case "index": try reader.skip()
            case "delta":
                guard !hasDelta, try readDelta(&reader) else { return false }
                hasDelta = true
            case "finish_reason":
                guard finishReason == nil else { return false }
                if try reader.kind() == .string {
                    finishReason = try reader.string()
                } else {
                    guard try Self.isNull(&reader) else { return false }
                }
            default: guard try Self.isNull(&reader) else { return false }
            }
        }
        // Without it the choice itself is looked at, as in streams of completions.
        return hasDelta
    }

    private mutating func readDelta(_ reader: inout JSONReader) throws(JSONSyntaxError) -> Bool {
        guard try reader.kind() == .object else { return false }
        var hasContent = false
        try reader.beginObject()
        while let key = try reader.nextMember() {
            switch key {
            case "role": try reader.skip()
            case "content":
                guard !hasContent else { return false }
                if try reader.kind() == .string {
                    hasContent = true
                    let (text, place) = try reader.placedString()
                    (self.text, textPlace) = (text, text.isEmpty ? nil : place)
                } else {
                    guard try Self.isNull(&reader) else { return false }
                }
            default: guard try Self.isNull(&reader) else { return false }
            }
        }
        return true
    }

    /// A member that may be there only as `null`, which says nothing.
    private static func isNull(_ reader: inout JSONReader) throws(JSONSyntaxError) -> Bool {
        guard try reader.kind() == .null else { return false }
        try reader.skip()
        return true
    }
}
