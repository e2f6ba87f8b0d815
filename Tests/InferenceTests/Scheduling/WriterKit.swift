import ChatFormats
import Grammar
import Sampling
import Vocabulary

@testable import Inference

/// One answer's writer over a vocabulary of bytes, fed with logits that the test makes up.
struct WriterKit {
    static let vocabulary = EngineVocabulary(ByteTokenizer(), preservedTexts: [])

    var writer: TokenWriter
    private let scratch = SamplingScratch(vocabularyCount: ScriptedRuntime.vocabulary)

    init(
        _ constraint: AnswerConstraint? = nil, thinking: ThinkingPlan? = nil, seed: UInt32 = 1,
        temperature: Double = 1, topLogprobs: Int? = nil, adaptsTo prompt: String? = nil, ignoresEnd: Bool = false,
        set: (inout SamplingParameters) -> Void = { _ in }
    ) throws {
        var sampling = SamplingParameters(temperature: temperature, topP: 1, topK: 0, minP: 0, seed: seed)
            .over(.standard)
        set(&sampling)
        let id = RequestID("req_1")
        guard let id else { preconditionFailure("the id is well-formed") }
        let request = AdmittedRequest(
            id: id, model: ModelID("toy"), prompt: [1], newTokensMax: 1_000, sampling: sampling, stop: [],
            ignoresEnd: ignoresEnd, topLogprobs: topLogprobs, constraint: constraint, thinking: thinking,
            adaptation: prompt.map(AdaptationPlan.init), scheduling: SchedulingOptions(), cache: CacheOptions(),
            isReproducible: false, identity: .unknown)
        writer = try TokenWriter(request, seed: seed, vocabulary: Self.vocabulary)
    }

    /// Chooses with these logits; all others are low.
    mutating func choose(_ logits: [Character: Float], end: Float = -50, others: Float = -50) throws -> WrittenToken {
        var row = [Float](repeating: others, count: ScriptedRuntime.vocabulary)
        for (character, logit) in logits {
            guard let byte = character.asciiValue else { preconditionFailure("only ASCII is one token") }
            row[Int(byte)] = logit
        }
        row[Int(ScriptedRuntime.end)] = end
        return try choose(row)
    }

    mutating func choose(_ row: [Float]) throws -> WrittenToken {
        try row.withUnsafeBufferPointer { try writer.choose(from: $0, maxima: nil, scratch) }
    }

    /// Writes with the same logits until the end.
    mutating func write(_ logits: [Character: Float], end: Float = -50, max: Int = 200) throws -> String {
        var bytes: [UInt8] = []
        for _ in 0..<max {
            let token = try choose(logits, end: end)
            bytes += token.bytes
            if token.isEnd || token.endsConstraint { break }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension ThinkingPlan {
    /// `<think>` and `</think>`, in tokens of bytes.
    static func tags(isOpen: Bool, max: Int? = nil) -> ThinkingPlan {
        ThinkingPlan(
            opening: Array("<think>".utf8), closing: Array("</think>".utf8), isOpen: isOpen, tokensMax: max,
            endTokens: "\n</think>\n\n".utf8.map { Int32($0) })
    }
}
