import Foundation
import JSONText
import Jobs
import ModelCatalog
import Vocabulary

/// A model that is to be looked at on a text: the parameters of jobs of the kinds `measure` and `imatrix`.
struct MeasureOrder: Sendable, Equatable {
    static let measuring = "measure"
    static let collecting = "imatrix"

    /// How a text is cut and computed.
    struct Options: Sendable, Equatable {
        var threads: Int?
        /// Pieces of the text at most.
        var chunks: Int?
        /// Tokens of each piece.
        var chunkSize: Int?

        /// The engine's words for them.
        var arguments: [String] {
            func option(_ name: String, _ value: Int?) -> [String] { value.map { [name, String($0)] } ?? [] }
            return option("--threads", threads) + option("--chunks", chunks) + option("--chunk-size", chunkSize)
        }
    }

    let source: MadeOf
    let text: String
    /// What a measured model is compared with.
    var base: MadeOf?
    /// Where an importance matrix is to lie.
    var output: String?
    var options = Options()

    private static let names = ["model", "text", "threads", "chunks", "chunk_size"]

    /// Reads and checks what is to be measured.
    ///
    /// - Throws: `ServiceError` with the field's name.
    init(measuring body: JSONObject, _ finder: SourceFinder) async throws {
        let fields = try MakingFields(body, names: Self.names + ["base"])
        try await self.init(fields, finder)
        if let asked = try fields.optionalText("base") {
            base = MadeOf(asked: asked, try await Self.find(asked, finder, field: "base"))
        }
    }

    /// Reads and checks of what model importances are to be collected.
    ///
    /// - Throws: `ServiceError` with the field's name.
    init(collecting body: JSONObject, _ finder: SourceFinder, _ made: MadeModels) async throws {
        let fields = try MakingFields(body, names: Self.names + ["output"])
        try await self.init(fields, finder)
        output = try fields.output("output", or: made.path(of: try ModelName(source.name), suffix: ".imatrix.gguf"))
    }

    private init(_ fields: MakingFields, _ finder: SourceFinder) async throws {
        let asked = try fields.text("model")
        source = MadeOf(asked: asked, try await Self.find(asked, finder, field: "model"))
        text = try fields.requiredTextFile("text")
        options.threads = try fields.integer("threads", in: MakingFields.threadsAllowed)
        options.chunks = try fields.integer("chunks", in: MakingFields.chunksAllowed)
        options.chunkSize = try fields.integer("chunk_size", in: MakingFields.chunkSizeAllowed)
    }

    private static func find(_ asked: String, _ finder: SourceFinder, field: String) async throws -> ModelSource {
        let found: ModelSource
        do {
            found = try await finder.find(asked)
        } catch var error as ServiceError {
            error.parameter = field
            throw error
        }
        guard found.kind == .gguf else {
            throw ServiceError(
                .notSupported, "'\(asked)' is a checkpoint, and only GGUF files can be computed with.",
                hint: "Convert it first: nexus models convert.", parameter: field)
        }
        guard found.writesText else {
            throw ServiceError(
                .notSupported, "'\(asked)' writes no text, so there is nothing to measure on one.", parameter: field)
        }
        return found
    }
}

// MARK: As the job keeps it

extension MeasureOrder {
    var json: JSONObject {
        var object: JSONObject = [
            "model": .string(source.asked), "source": source.json, "text": .string(text),
        ]
        if let base {
            object["base"] = .string(base.asked)
            object["base_source"] = base.json
        }
        object["output"] = output.map { .string($0) }
        object["threads"] = options.threads.map { .whole($0) }
        object["chunks"] = options.chunks.map { .whole($0) }
        object["chunk_size"] = options.chunkSize.map { .whole($0) }
        return object
    }

    /// Reads what ``json`` wrote.
    init(stored: JSONObject) throws {
        guard let text = stored["text"]?.string else { throw MadeOf.unreadable }
        source = try MadeOf(stored: stored)
        self.text = text
        if let asked = stored["base"], let found = stored["base_source"] {
            base = try MadeOf(stored: ["model": asked, "source": found])
        }
        output = stored["output"]?.string
        func number(_ key: String) -> Int? { stored[key]?.integer.map { Int(clamping: $0) } }
        options = Options(threads: number("threads"), chunks: number("chunks"), chunkSize: number("chunk_size"))
    }
}

// MARK: As work

/// Measures models, and collects importances, as jobs. Both begin anew after a crash.
struct MeasureWork: Sendable {
    let tool: EngineTool
    let made: MadeModels

    func measure(_ job: JobContext) async throws -> JSONValue {
        let order = try MeasureOrder(stored: job.parameters)
        let base = order.base.map { ["--base", $0.path] } ?? []
        return .object(
            try await tool.run(
                [MeasureOrder.measuring, order.source.path, order.text] + base + order.options.arguments, for: job))
    }

    func collect(_ job: JobContext) async throws -> JSONValue {
        let order = try MeasureOrder(stored: job.parameters)
        guard let output = order.output else { throw MadeOf.unreadable }
        let isThere = FileManager.default.fileExists(atPath: output)
        // It was finished, and the platform ended before it could say so.
        if isThere, job.checkpoint != nil { return ["path": .string(output)] }
        try made.makeFolder(for: output)
        if !isThere { try await job.save(["writing": true]) }
        return .object(
            try await tool.run(
                [MeasureOrder.collecting, order.source.path, order.text, output] + order.options.arguments, for: job))
    }

    func discard(_ record: JobRecord) {
        guard let output = record.parameters["output"]?.string else { return }
        MadeModels.removeUnfinished(output + ".partial")
    }
}
