import Inference
import LlamaRuntime
import Vocabulary

/// Joins what the scheduler asks for with what the llama.cpp adapter offers.
struct LlamaEngineRuntime: ModelRuntime {
    private let context: LlamaContext

    init(
        model: LlamaModel, options: EngineOptions, threads: Int, adapters: LoadedAdapters = .none
    ) throws(LlamaError) {
        context = try LlamaContext(
            model: model,
            options: LlamaContext.Options(
                cells: options.contextTokens * options.sequencesMax, sequencesMax: options.sequencesMax,
                batchTokensMax: options.batchTokensMax, threads: threads))
        context.clearBatch()
        try adapters.apply(to: context)
    }

    func append(token: Int32, position: Int, slot: Int, wantsLogits: Bool) -> Int {
        Int(
            context.append(
                token: token, position: Int32(position), sequence: Int32(slot), wantsLogits: wantsLogits))
    }

    func decode() throws {
        defer { context.clearBatch() }
        try context.decode()
    }

    func makeSampler(_ parameters: SamplingParameters, seed: UInt32) -> LlamaSampler {
        let all = parameters.over(.standard)
        return LlamaSampler(
            temperature: Float(all.temperature ?? 0), topK: Int32(clamping: all.topK ?? 0), topP: Float(all.topP ?? 1),
            minP: Float(all.minP ?? 0), seed: seed)
    }

    func sample(_ sampler: LlamaSampler, row: Int) throws -> Int32 { try context.sample(sampler, row: Int32(row)) }

    func release(slot: Int) { context.removeSequence(Int32(slot)) }
}

/// The vocabulary of a loaded model.
struct LlamaTokenizer: Tokenizing {
    private let model: LlamaModel
    let controlTexts: [String]
    let beginText: String
    let endText: String

    init(_ model: LlamaModel) {
        self.model = model
        controlTexts = model.controlTexts()
        func text(_ token: Int32?) -> String {
            token.map { String(decoding: model.piece($0, special: true), as: UTF8.self) } ?? ""
        }
        beginText = text(model.beginToken)
        endText = text(model.endToken)
    }

    func tokens(of text: String, addsSpecial: Bool, parsesSpecial: Bool) throws(ServiceError) -> [Int32] {
        do {
            return try model.tokenize(text, addsSpecial: addsSpecial, parsesSpecial: parsesSpecial)
        } catch {
            throw ServiceError(
                .invalidValue, "The text has characters that this model's vocabulary does not know.",
                hint: "Remove unusual characters, or use a model whose vocabulary has byte tokens.",
                detail: error.message)
        }
    }

    func bytes(of token: Int32) -> [UInt8] { model.piece(token) }
    func isEndOfGeneration(_ token: Int32) -> Bool { model.isEndOfGeneration(token) }
    var vocabularyCount: Int { model.vocabularyCount }
}
