import Foundation
import JSONText
import Jobs
import ModelCatalog
import ModelFormats
import Vocabulary

/// A checkpoint that is to become a GGUF file: the parameters of a job of the kind `convert`.
struct ConvertOrder: Sendable, Equatable {
    static let kind = "convert"

    let source: MadeOf
    let type: ConversionType
    let name: ModelName
    let output: String

    /// - Throws: `ServiceError` with the field's name.
    init(_ body: JSONObject, _ finder: SourceFinder, _ made: MadeModels) async throws {
        let fields = try MakingFields(body, names: ["model", "type", "name", "output"])
        let asked = try fields.text("model")
        let found = try await finder.find(asked)
        guard found.kind == .checkpoint else {
            throw ServiceError(
                .invalidValue, "'\(asked)' is a GGUF file already.", hint: "Only checkpoints are converted.",
                parameter: "model")
        }
        source = MadeOf(asked: asked, found)
        if let text = try fields.optionalText("type") {
            guard let wanted = ConversionType(rawValue: text.lowercased()) else {
                let known = ConversionType.allCases.map(\.rawValue).joined(separator: ", ")
                throw ServiceError(
                    .invalidValue, "There is no type '\(text.prefix(40))' to convert to.",
                    hint: "Types: \(known). Smaller ones are made by quantising.", parameter: "type")
            }
            type = wanted
        } else {
            type = try await BlockingWork.run { try CheckpointWork.lossless(found.path) }
        }
        let usual = MadeModels.name(of: found.name, as: type.rawValue.uppercased())
        name = try fields.optionalText("name").map { try Catalog.name($0) } ?? usual
        output = try fields.output("output", or: made.path(of: name))
    }

    var json: JSONObject {
        let object: JSONObject = [
            "model": .string(source.asked), "source": source.json, "name": .string(name.description),
            "output": .string(output), "type": .string(type.rawValue),
        ]
        return object
    }

    /// Reads what ``json`` wrote.
    init(stored: JSONObject) throws {
        guard let name = stored["name"]?.string, let output = stored["output"]?.string,
            let type = stored["type"]?.string.flatMap(ConversionType.init(rawValue:))
        else { throw MadeOf.unreadable }
        source = try MadeOf(stored: stored)
        self.type = type
        self.name = try ModelName(name)
        self.output = output
    }
}

/// Converts a checkpoint as a job, and puts the result into the catalogue.
struct ConvertWork: Sendable {
    let made: MadeModels

    func run(_ job: JobContext) async throws -> JSONValue {
        let order = try ConvertOrder(stored: job.parameters)
        let isOwn = job.checkpoint != nil && FileManager.default.fileExists(atPath: order.output)
        if !isOwn {
            try made.makeFolder(for: order.output)
            if !FileManager.default.fileExists(atPath: order.output) { try await job.save(["writing": true]) }
            try await CheckpointWork.convert(order.source.path, to: order.output, as: order.type, for: job)
        }
        let how = "converted to \(order.type.rawValue.uppercased())"
        let name = try await made.register(order.output, as: order.name, from: order.source.origin, how: how)
        var result = try await MadeModels.size(of: order.output)
        result["model"] = .string(name.description)
        result["source"] = order.source.json
        return .object(result)
    }

    func discard(_ record: JobRecord) {
        guard let output = record.parameters["output"]?.string else { return }
        MadeModels.removeUnfinished(output + ".part")
    }
}
