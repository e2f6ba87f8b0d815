import Synchronization
import Vocabulary

@testable import Inference

/// A stand-in for a projector: each byte of an "image" is a row, and its vector is that byte.
final class ScriptedMedia: MediaReading {
    struct Log {
        var encoded: [[UInt8]] = []
        /// The next one fails.
        var fails = false
    }

    final class Content: Sendable {
        let bytes: [UInt8]
        init(_ bytes: [UInt8]) { self.bytes = bytes }
    }

    let log = Mutex(Log())
    /// Closed gates hold the thread that encodes.
    let gate = Gate()
    let modalities: Modalities
    private let isCausal: Bool

    init(modalities: Modalities = Modalities(image: true), isCausal: Bool = true) {
        self.modalities = modalities
        self.isCausal = isCausal
    }

    func pieces(of parts: [ContentPart], addsSpecial: Bool) throws(ServiceError) -> [PromptPiece] {
        parts.map { part in
            switch part {
            case .text(let text): return .tokens(text.utf8.map(Int32.init))
            case .media(let part):
                guard case .bytes(let bytes) = part.source else { return .tokens([]) }
                return .media(Self.chunk(bytes, isCausal: isCausal))
            }
        }
    }

    static func chunk(_ bytes: [UInt8], positions: Int? = nil, isCausal: Bool = true) -> MediaChunk {
        var identity = [UInt8](repeating: 0, count: 32)
        for (place, byte) in bytes.enumerated() { identity[place % 32] = identity[place % 32] &* 31 &+ byte }
        return MediaChunk(
            identity: identity, rows: bytes.count, positions: positions ?? bytes.count, isCausal: isCausal,
            handle: Content(bytes))
    }

    func encode(_ chunk: MediaChunk) throws(ServiceError) -> [Float] {
        gate.pass()
        guard let content = chunk.handle as? Content else { preconditionFailure("chunks are made here") }
        let fails = log.withLock { log in
            log.encoded.append(content.bytes)
            return log.fails
        }
        if fails { throw ServiceError(.engineFailed, "It could not be encoded.") }
        return content.bytes.map(Float.init)
    }

    var encodedCount: Int { log.withLock(\.encoded.count) }
}

extension GenerationRequest.Prompt {
    /// A text, an image of these bytes, and a text.
    static func picture(_ bytes: [UInt8], _ after: String, before: String = "See ") -> Self {
        .parts([.text(before), .media(MediaPart(.image, .bytes(bytes), field: "prompt[1]")), .text(after)])
    }
}
