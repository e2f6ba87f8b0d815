import JSONText
import Vocabulary

/// `context` of `/api/generate`: a conversation as a list of numbers, which clients send back as it is.
///
/// Ollama's numbers are tokens of the model. Ours are the texts themselves, three bytes in each number, so that they mean the
/// same to every model and hold no control tokens.
enum OllamaContext {
    /// Begins every list that was made here.
    private static let mark: Int64 = 0x4E58_4331
    private static let bytesPerNumber = 3

    /// The conversation with the answer. Images and recordings stay out.
    static func value(_ messages: [ChatMessage]) -> JSONValue {
        let texts = JSONValue.array(
            messages.map { ["role": .string($0.role.rawValue), "content": .string($0.text)] })
        let bytes = texts.bytes
        var numbers: [JSONValue] = [.integer(mark), .whole(bytes.count)]
        for start in stride(from: 0, to: bytes.count, by: bytesPerNumber) {
            let group = bytes[start..<min(start + bytesPerNumber, bytes.count)]
            numbers.append(.integer(group.reduce(0) { $0 << 8 | Int64($1) }))
        }
        return .array(numbers)
    }

    /// The conversation that a list holds; of an empty list, none.
    ///
    /// - Throws: when it was not made here.
    static func messages(_ field: JSONField) throws -> [ChatMessage] {
        guard let numbers = field.value.array else { throw field.fail("must be an array, not \(field.value.kind)") }
        guard !numbers.isEmpty else { return [] }
        guard numbers.count >= 2, numbers[0].integer == mark, let count = numbers[1].integer, count >= 0,
            (Int(count) + bytesPerNumber - 1) / bytesPerNumber == numbers.count - 2
        else { throw foreign(field) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(count))
        for number in numbers.dropFirst(2) {
            guard let word = number.integer, (0..<1 << 24).contains(word) else { throw foreign(field) }
            let size = min(bytesPerNumber, Int(count) - bytes.count)
            for place in (0..<size).reversed() { bytes.append(UInt8(truncatingIfNeeded: word >> (8 * Int64(place)))) }
        }
        let texts: [JSONValue]
        do { texts = try JSONValue.parse(bytes).array ?? [] } catch { throw foreign(field) }
        return try texts.map { text in
            guard let role = text["role"]?.string.flatMap(ChatMessage.Role.init(rawValue:)),
                let content = text["content"]?.string
            else { throw foreign(field) }
            return ChatMessage(role, content)
        }
    }

    private static func foreign(_ field: JSONField) -> JSONFieldError {
        field.fail("was not made by this server; send what its last answer had, or leave it out")
    }
}
