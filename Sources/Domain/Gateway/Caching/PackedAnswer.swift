import Digests
public import Vocabulary

/// A whole answer as bytes: its events as they came, and vectors likewise. A digest tells damage.
///
/// One byte of version, eight of the SHA-256 of what follows, then the events. What tells of one run only (times, slots, what
/// the prefix cache did) is left out.
public enum PackedAnswer {
    /// Another version of this program may have left the bytes.
    private static let version: UInt8 = 1
    private static let digestBytes = 8

    /// The bytes are not what was written; they are of no use.
    public struct Damaged: Error, Equatable {}

    /// - Parameter events: of one answer, `finished` last.
    /// - Returns: the bytes to keep.
    public static func pack(_ events: [GenerationEvent]) -> [UInt8] {
        var packed = PackedBytes()
        for event in events { write(event, to: &packed) }
        return seal(packed.bytes)
    }

    /// - Parameter bytes: what `pack` gave.
    /// - Returns: the events, as they are to be told again: the whole prompt counts as cached.
    /// - Throws: `Damaged`.
    public static func events(_ bytes: [UInt8]) throws(Damaged) -> [GenerationEvent] {
        do {
            var reader = UnpackedBytes(try unseal(bytes))
            var events: [GenerationEvent] = []
            while !reader.isAtEnd { events.append(try event(&reader)) }
            guard case .finished = events.last else { throw Damaged() }
            return events
        } catch {
            throw Damaged()
        }
    }

    /// - Parameter entry: the vectors of one input.
    /// - Returns: the bytes to keep.
    public static func pack(_ entry: EmbeddingResult.Entry) -> [UInt8] {
        var packed = PackedBytes()
        packed.write(entry.vectors) { packed, vector in packed.write(vector) { $0.write($1) } }
        return seal(packed.bytes)
    }

    /// - Parameter bytes: what `pack` gave.
    /// - Returns: the vectors of one input.
    /// - Throws: `Damaged`.
    public static func vectors(_ bytes: [UInt8]) throws(Damaged) -> EmbeddingResult.Entry {
        do {
            var reader = UnpackedBytes(try unseal(bytes))
            let vectors = try reader.list { reader throws(UnpackedBytes.Damaged) in
                try reader.list { reader throws(UnpackedBytes.Damaged) in try reader.float() }
            }
            guard reader.isAtEnd else { throw Damaged() }
            return EmbeddingResult.Entry(vectors: vectors)
        } catch {
            throw Damaged()
        }
    }

    private static func seal(_ body: [UInt8]) -> [UInt8] {
        [version] + SHA256.digest(of: body).bytes.prefix(digestBytes) + body
    }

    private static func unseal(_ bytes: [UInt8]) throws(Damaged) -> ArraySlice<UInt8> {
        guard bytes.count > digestBytes, bytes[0] == version else { throw Damaged() }
        let body = Array(bytes[(1 + digestBytes)...])
        guard SHA256.digest(of: body).bytes.prefix(digestBytes) == bytes[1...digestBytes] else { throw Damaged() }
        return body[...]
    }

    // MARK: Events

    private static func write(_ event: GenerationEvent, to packed: inout PackedBytes) {
        switch event {
        case .loading, .queued, .promptProgress, .token: break
        case .started(let start):
            packed.write(1 as UInt8)
            packed.write(start.model.name)
            packed.write(start.promptTokens) { $0.write($1) }
        case .reasoning(let text):
            packed.write(2 as UInt8)
            packed.write(text)
        case .text(let text):
            packed.write(3 as UInt8)
            packed.write(text)
        case .toolCall(let delta):
            packed.write(4 as UInt8)
            packed.write(delta.index)
            packed.write(delta.id) { $0.write($1) }
            packed.write(delta.name) { $0.write($1) }
            packed.write(delta.arguments)
        case .promptLogprobs(let tokens):
            packed.write(5 as UInt8)
            packed.write(tokens) { $0.write($1) }
        case .logprobs(let tokens):
            packed.write(6 as UInt8)
            packed.write(tokens) { $0.write($1) }
        case .warning(let warning):
            packed.write(7 as UInt8)
            packed.write(warning.code.rawValue)
            packed.write(warning.message)
        case .finished(let end):
            packed.write(8 as UInt8)
            packed.write(end)
        }
    }

    private static func event(_ reader: inout UnpackedBytes) throws(UnpackedBytes.Damaged) -> GenerationEvent {
        switch try reader.byte() {
        case 1:
            let model = ModelID(try reader.text())
            let count = try reader.optional { reader throws(UnpackedBytes.Damaged) in try reader.number() }
            return .started(GenerationStart(model: model, promptTokens: count, cachedTokens: count))
        case 2: return .reasoning(try reader.text())
        case 3: return .text(try reader.text())
        case 4:
            let index = try reader.number()
            let id = try reader.optional { reader throws(UnpackedBytes.Damaged) in try reader.text() }
            let name = try reader.optional { reader throws(UnpackedBytes.Damaged) in try reader.text() }
            return .toolCall(ToolCallDelta(index: index, id: id, name: name, arguments: try reader.text()))
        case 5: return .promptLogprobs(try reader.tokens())
        case 6: return .logprobs(try reader.tokens())
        case 7:
            guard let code = GenerationWarning.Code(rawValue: try reader.text()) else { throw UnpackedBytes.Damaged() }
            return .warning(GenerationWarning(code, try reader.text()))
        case 8: return .finished(try reader.end())
        default: throw UnpackedBytes.Damaged()
        }
    }
}
