import Configuration
import Foundation
import GGUF
import JSONText
import LlamaRuntime
import Synchronization
import Vocabulary

/// `nexus-engine quantize`: stores a model's weights in fewer bits.
struct QuantizeTool: Sendable {
    private static let importance = CommandOption<String>(
        "imatrix", .path("FILE"), "Importance matrix, as `imatrix` writes it. The smallest types need one.")
    private static let leavesOutput = CommandOption<Bool>(
        "leave-output-tensor", .flag, "Leave the output weights as they are.")
    private static let isPure = CommandOption<Bool>(
        "pure", .flag, "All tensors in the type's main form, instead of finer ones for those that matter.")
    private static let takesQuantized = CommandOption<Bool>(
        "allow-requantize", .flag, "Take a model that is quantised already. The result is worse than from the original."
    )
    private static let outputType = CommandOption<TensorType>(
        "output-tensor-type", .tensorType, "Type of the output weights.")
    private static let embeddingType = CommandOption<TensorType>(
        "token-embedding-type", .tensorType, "Type of the token embeddings.")

    static let command = Command(
        "quantize", "Store a model's weights in fewer bits. Tells its progress as JSON lines.",
        operands: [
            Operand("input", .one, "A GGUF file."), Operand("output", .one, "Where the new one is to be."),
            Operand("type", .one, "One of \(QuantizationType.all.map(\.label).joined(separator: ", "))."),
        ],
        options: [
            importance.declared, EngineTools.threads.declared, leavesOutput.declared, isPure.declared,
            takesQuantized.declared, outputType.declared, embeddingType.declared,
        ], takesConfiguration: false)

    /// A header grows a little: the matrix's origin, and padding.
    private static let slackBytes: UInt64 = 1 << 20

    let input: String
    let output: String
    let type: QuantizationType
    private let threads: Int
    private let importancePath: String?
    private let quantizesOutput: Bool
    private let isPure: Bool
    private let takesQuantized: Bool
    private let outputType: TensorType?
    private let embeddingType: TensorType?

    init(_ parsed: ParsedCommand) throws(UsageError) {
        let name = parsed.operands[2]
        guard let type = QuantizationType(name) else {
            throw UsageError(
                problem: "There is no type '\(name.prefix(40))'.",
                hint: "Types, from the largest: \(QuantizationType.all.map(\.label).joined(separator: ", ")).")
        }
        (input, output) = (parsed.operands[0], parsed.operands[1])
        self.type = type
        threads = EngineTools.threadCount(parsed)
        importancePath = parsed[Self.importance]
        quantizesOutput = !parsed[Self.leavesOutput]
        isPure = parsed[Self.isPure]
        takesQuantized = parsed[Self.takesQuantized]
        outputType = parsed[Self.outputType]
        embeddingType = parsed[Self.embeddingType]
    }

    func run(_ unfinished: Unfinished) throws {
        let began = ContinuousClock.now
        let source = try SourceModel(input)
        if source.isQuantized, !takesQuantized {
            throw ServiceError(
                .invalidValue, "\(input) is quantised already (\(source.typeLabel ?? "unknown type")).",
                hint: "Take the original, or say --allow-requantize: what was lost before is lost twice then.")
        }
        let log = QuantizerLog { [progress = Progress(source)] step in
            progress.tell(step)
            unfinished.beginWriting()
        }
        LlamaLog.send { level, text in log.take(level, text) }
        let quantizer = ModelQuantizer(log: log)
        let options = try options()
        let plan = try quantizer.plan(input, options)
        if plan.needsImportance, options.importance == nil { throw importanceNeeded }
        let file = try OutputFile(output)
        unfinished.set(file)
        try file.requireRoom(plan.tensorBytes + source.headerBytes + Self.slackBytes)
        try quantizer.quantize(input, to: file.partial, options)
        guard try source.isUnchanged else {
            throw ServiceError(
                .conflict, "\(input) was changed while it was read.", hint: "Try again when it is left alone.")
        }
        let made = try check(file.partial, against: source)
        try file.commit()
        unfinished.set(nil)
        ToolEvents.result(result(made, source, .now - began))
    }

    private func options() throws -> ModelQuantizer.Options {
        if type.needsImportance, importancePath == nil { throw importanceNeeded }
        var options = ModelQuantizer.Options(type: type, threads: threads)
        options.quantizesOutput = quantizesOutput
        options.isPure = isPure
        (options.outputType, options.embeddingType) = (outputType, embeddingType)
        guard let path = importancePath else { return options }
        _ = try FileMark(path)
        do {
            options.importance = try ImportanceMatrix(reading: FileBytes(path: path))
        } catch {
            throw ServiceError(
                .invalidValue, "The importance matrix \(path) cannot be used: \(error).",
                hint: "Make one with: nexus engine imatrix MODEL TEXT OUTPUT.")
        }
        return options
    }

    private var importanceNeeded: ServiceError {
        ServiceError(
            .invalidValue, "\(type) needs an importance matrix: without one the model would write nonsense.",
            hint: "Make one from a text and name it with --imatrix, or take a type such as Q2_K or IQ3_S.")
    }

    /// A disk that was full in the middle shows itself here: llama.cpp does not look at every write.
    private func check(_ path: String, against source: SourceModel) throws -> GGUFFile {
        let made: GGUFFile
        do {
            made = try GGUFFile.read(from: FileBytes(path: path))
        } catch {
            throw ServiceError(
                .internalError, "What was written is no whole model: \(error).", hint: "Is the disk full?")
        }
        let before = Dictionary(
            source.tensors.map { ($0.name, $0.dimensions) }, uniquingKeysWith: { first, _ in first })
        let after = Dictionary(made.tensors.map { ($0.name, $0.dimensions) }, uniquingKeysWith: { first, _ in first })
        guard before == after else {
            throw ServiceError(.internalError, "What was written has other tensors than \(input).")
        }
        return made
    }

    private func result(_ made: GGUFFile, _ source: SourceModel, _ elapsed: Duration) -> JSONObject {
        let parameters = made.summary.parameterCount
        let bits = parameters > 0 ? Double(made.summary.tensorBytes) * 8 / Double(parameters) : 0
        return [
            "path": .string(output), "type": .string(type.label), "bytes": .integer(Int64(made.byteCount)),
            "source_bytes": .integer(Int64(clamping: source.byteCount)),
            "source_type": source.typeLabel.map { .string($0) } ?? .null,
            "tensors": .whole(made.tensors.count), "parameters": .integer(Int64(clamping: parameters)),
            "bits_per_weight": .number(bits), "seconds": .number(elapsed / .seconds(1)),
            "importance_matrix": importancePath.map { .string($0) } ?? .null,
        ]
    }
}

/// How many bytes of the source are done when a tensor begins. Tensors may come in another order than in the file.
private final class Progress: Sendable {
    private let sizes: [String: UInt64]
    private let total: UInt64
    private let done = Mutex(UInt64(0))

    init(_ source: SourceModel) {
        sizes = Dictionary(
            source.tensors.map { ($0.name, UInt64($0.byteRange.count)) }, uniquingKeysWith: { first, _ in first })
        total = sizes.values.reduce(0, +)
    }

    func tell(_ step: QuantizerLog.Step) {
        let before = done.withLock { done in
            defer { done += sizes[step.name] ?? 0 }
            return done
        }
        ToolEvents.progress(done: before, total: total, unit: "bytes", stage: step.name)
    }
}

extension ValueKind where Value == TensorType {
    fileprivate static var tensorType: ValueKind {
        .argument("a number format such as F16 or Q6_K", placeholder: "TYPE") { text in
            TensorType.allCases.first { $0.label == text.uppercased() }
        }
    }
}
