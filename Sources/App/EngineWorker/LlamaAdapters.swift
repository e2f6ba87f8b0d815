import Inference
import LlamaRuntime
import Vocabulary

/// Joins what the scheduler asks for with what the llama.cpp adapter offers.
final class LlamaEngineRuntime: ModelRuntime {
    private let context: LlamaContext
    private let model: LlamaModel
    private let adapters: LoadedAdapters
    /// What the context computes with now.
    private var applied = AdapterSet.none
    /// What a memory for one isolated request is made with.
    private let isolatedOptions: LlamaContext.Options
    let shape: RuntimeShape

    /// - Parameters:
    ///   - model: the loaded model.
    ///   - options: how to make the context.
    ///   - contextTokens: tokens that one sequence has at most.
    ///   - hasCells: whether positions have cells of their own that can be shared.
    ///   - adapters: those that steps can compute with.
    /// - Throws: `LlamaError` when there is no memory for it.
    init(
        model: LlamaModel, options: LlamaContext.Options, contextTokens: Int, hasCells: Bool, adapters: LoadedAdapters
    ) throws(LlamaError) {
        context = try LlamaContext(model: model, options: options)
        context.clearBatch()
        self.adapters = adapters
        self.model = model
        var isolated = options
        isolated.cells = contextTokens
        isolated.sequencesMax = 1
        isolatedOptions = isolated
        var shape = RuntimeShape(
            memory: hasCells ? .cells : .checkpoints,
            cells: options.cells, sequences: options.sequencesMax, vocabulary: model.vocabularyCount,
            threads: options.threads)
        shape.hasCellPerToken = !model.isRecurrent
        if options.observesAttention, model.memoryIsCells {
            shape.observedRowsMax = min(options.batchTokensMax, options.microBatchTokensMax)
        }
        shape.canShift = hasCells && context.canShift
        self.shape = shape
    }

    func append(token: Int32, position: Int, sequence: Int, wantsLogits: Bool) -> Int {
        Int(
            context.append(
                token: token, position: Int32(position), sequence: Int32(sequence), wantsLogits: wantsLogits))
    }

    func decode() throws {
        defer { context.clearBatch() }
        do throws(LlamaError) {
            try context.decode()
        } catch {
            if error.code == .cacheFull { throw RuntimeFailure.noRoom }
            throw error.forClients
        }
    }

    func decode(_ rows: MediaRows) throws -> Int {
        guard let chunk = (rows.chunk.handle as? ReadyChunk)?.chunk else {
            preconditionFailure("chunks come from the projector of this model")
        }
        do throws(LlamaError) {
            let row = try chunk.read(
                rows.range, of: rows.vectors, at: Int32(rows.position), sequence: Int32(rows.sequence), in: context,
                wantsLogits: rows.wantsLogits)
            return Int(row)
        } catch {
            if error.code == .cacheFull { throw RuntimeFailure.noRoom }
            throw error
        }
    }

    func decodeObserving() throws -> ObservedAttention {
        defer { context.clearBatch() }
        do throws(LlamaError) {
            let seen = try context.decodeObserving()
            return ObservedAttention(
                weights: seen.weights, visible: seen.visible.indices.filter { seen.visible[$0] })
        } catch {
            if error.code == .cacheFull { throw RuntimeFailure.noRoom }
            throw error
        }
    }

    func positions(of sequence: Int) throws -> [Int] { try context.positions(ofSequence: Int32(sequence)) }

    func withLogits<Result>(row: Int, _ body: (UnsafeBufferPointer<Float>) throws -> Result) throws -> Result {
        do {
            return try unsafe context.withLogits(row: Int32(row), body)
        } catch let error as LlamaError {
            throw error.forClients
        }
    }

    func logitMaxima(row: Int) -> UnsafeBufferPointer<Float>? { unsafe context.logitMaxima(row: Int32(row)) }

    // Where the processor computed the logits, it found their maxima, too; other devices leave its threads asleep.
    func threadsAwake(afterRow row: Int) -> Int { logitMaxima(row: row) == nil ? 1 : context.threadsNow }

    func each(_ count: Int, _ work: (_ index: Int, _ thread: Int) -> Void) { context.each(count, work) }

    func share(_ range: Range<Int>, of source: Int, with target: Int) {
        context.shareSequence(Int32(source), with: Int32(target), range: Self.positions(range))
    }

    func forget(_ sequence: Int, from start: Int) -> Bool {
        context.removeSequence(Int32(sequence), range: Int32(start)..<Int32.max)
    }

    func forget(_ sequence: Int, range: Range<Int>) {
        context.removeSequence(Int32(sequence), range: Self.positions(range))
    }

    func shift(_ sequence: Int, from start: Int, by offset: Int) {
        context.shiftSequence(Int32(sequence), from: Int32(start), by: Int32(offset))
    }

    func state(of sequence: Int) throws -> [UInt8] { try context.state(ofSequence: Int32(sequence)) }

    func stateBytes(of sequence: Int) -> Int { context.stateBytes(ofSequence: Int32(sequence)) }

    func restore(_ state: [UInt8], to sequence: Int) -> Bool { context.restore(state, toSequence: Int32(sequence)) }

    func apply(_ set: AdapterSet) throws {
        guard applied != set else { return }
        try context.apply(try adapters.adapters(of: set))
        applied = set
    }

    func setThreads(_ count: Int) { context.setThreads(count) }

    func isolated() throws -> any ModelRuntime {
        try LlamaEngineRuntime(
            model: model, options: isolatedOptions, contextTokens: isolatedOptions.cells,
            hasCells: shape.memory == .cells, adapters: adapters)
    }

    private static func positions(_ range: Range<Int>) -> Range<Int32> {
        Int32(range.lowerBound)..<Int32(range.upperBound)
    }
}

extension LlamaError {
    /// What a request is told whose step failed.
    var forClients: any Error {
        guard code == .workerLost else { return self }
        return ServiceError(
            .modelUnavailable, message, hint: "The model comes back with it. Send the request again after a while.",
            retryAfter: .seconds(5))
    }
}

/// The vocabulary of a loaded model.
struct LlamaTokenizer: Tokenizing {
    private let model: LlamaModel
    let controlTexts: [String]
    let beginText: String
    let endText: String
    let infill: InfillTokens?

    init(_ model: LlamaModel) {
        self.model = model
        infill = InfillTokens(model)
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
    func specialBytes(of token: Int32) -> [UInt8] { model.piece(token, special: true) }
    func isEndOfGeneration(_ token: Int32) -> Bool { model.isEndOfGeneration(token) }
    var vocabularyCount: Int { model.vocabularyCount }
}
