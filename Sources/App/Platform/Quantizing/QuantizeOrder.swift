import GGUF
import JSONText
import ModelCatalog
import Vocabulary

/// What is to be quantised, into what: the parameters of a job of the kind `quantize`.
struct QuantizeOrder: Sendable, Equatable {
    static let kind = "quantize"

    let source: MadeOf
    let type: QuantizationType
    /// Of the new model.
    let name: ModelName
    /// Where it is to lie.
    let output: String
    /// An importance matrix that is there.
    var imatrix: String?
    /// A text to make one from.
    var calibrate: String?
    /// A text to compare both models on.
    var report: String?
    var allowsRequantizing = false
    var isPure = false
    var leavesOutput = false
    var outputType: String?
    var embeddingType: String?
    var threads: Int?
    /// Pieces of the texts at most.
    var chunks: Int?

    /// What is asked for; everything else has a default.
    static let names = [
        "model", "type", "name", "output", "imatrix", "calibrate", "report", "allow_requantize", "pure",
        "leave_output_tensor", "output_tensor_type", "token_embedding_type", "threads", "chunks",
    ]

    /// Reads and checks what a client asks for.
    ///
    /// - Parameters:
    ///   - body: the request's.
    ///   - finder: finds the source.
    ///   - made: where the result goes.
    /// - Throws: `ServiceError` with the field's name.
    init(_ body: JSONObject, _ finder: SourceFinder, _ made: MadeModels) async throws {
        let fields = try MakingFields(body, names: Self.names)
        let wanted = try fields.text("type")
        guard let type = QuantizationType(wanted) else {
            throw ServiceError(
                .invalidValue, "There is no type '\(wanted.prefix(40))'.",
                hint: "Types, from the largest: \(QuantizationType.all.map(\.label).joined(separator: ", ")).",
                parameter: "type")
        }
        let asked = try fields.text("model")
        let found = try await finder.find(asked)
        self.type = type
        source = MadeOf(asked: asked, found)
        name =
            try fields.optionalText("name").map { try Catalog.name($0) }
            ?? MadeModels.name(of: found.name, as: type.label)
        output = try fields.output("output", or: made.path(of: name))
        imatrix = try fields.file("imatrix")
        calibrate = try fields.textFile("calibrate")
        report = try fields.textFile("report")
        allowsRequantizing = try fields.flag("allow_requantize")
        isPure = try fields.flag("pure")
        leavesOutput = try fields.flag("leave_output_tensor")
        outputType = try Self.tensorType("output_tensor_type", fields)
        embeddingType = try Self.tensorType("token_embedding_type", fields)
        threads = try fields.integer("threads", in: MakingFields.threadsAllowed)
        chunks = try fields.integer("chunks", in: MakingFields.chunksAllowed)
        try check(found)
    }

    /// What cannot succeed is refused before it becomes a job.
    private func check(_ found: ModelSource) throws(ServiceError) {
        if imatrix != nil, calibrate != nil {
            throw ServiceError(
                .invalidValue, "An importance matrix was named, and a text to make one from.",
                hint: "Leave one of the two out.", parameter: "calibrate")
        }
        if type.needsImportance, imatrix == nil, calibrate == nil {
            throw ServiceError(
                .invalidValue, "\(type) needs an importance matrix: without one the model would write nonsense.",
                hint: "Name one with 'imatrix', or a text to make one from with 'calibrate'; or take a type such as "
                    + "Q2_K or IQ3_S.", parameter: "type")
        }
        if found.isQuantized, !allowsRequantizing {
            throw ServiceError(
                .invalidValue,
                "'\(source.asked)' is quantised already\(found.typeLabel.map { " (\($0))" } ?? "").",
                hint: "Take the original, or set 'allow_requantize': what was lost before is lost twice then.",
                parameter: "model")
        }
        if !found.writesText, calibrate != nil || report != nil {
            throw ServiceError(
                .notSupported, "'\(source.asked)' writes no text, so there is nothing to calibrate or to measure.",
                hint: "Leave 'calibrate' and 'report' out.", parameter: calibrate == nil ? "report" : "calibrate")
        }
    }

    private static func tensorType(_ key: String, _ fields: MakingFields) throws -> String? {
        guard let text = try fields.optionalText(key) else { return nil }
        guard let type = TensorType.allCases.first(where: { $0.label == text.uppercased() }) else {
            throw ServiceError(
                .invalidValue, "There is no number format '\(text.prefix(40))'.",
                hint: "Some are: F32, F16, BF16, Q8_0, Q6_K, Q5_K, Q4_K, Q3_K, Q2_K.", parameter: key)
        }
        return type.label
    }
}

// MARK: As the job keeps it

extension QuantizeOrder {
    /// The parameters that are stored; everything that had to be found is in them.
    var json: JSONObject {
        var object: JSONObject = [
            "model": .string(source.asked), "source": source.json, "type": .string(type.label),
            "name": .string(name.description), "output": .string(output), "allow_requantize": .bool(allowsRequantizing),
            "pure": .bool(isPure), "leave_output_tensor": .bool(leavesOutput),
        ]
        for (key, value) in [
            ("imatrix", imatrix), ("calibrate", calibrate), ("report", report), ("output_tensor_type", outputType),
            ("token_embedding_type", embeddingType),
        ] {
            object[key] = value.map { .string($0) }
        }
        object["threads"] = threads.map { .whole($0) }
        object["chunks"] = chunks.map { .whole($0) }
        return object
    }

    /// Reads what ``json`` wrote.
    init(stored: JSONObject) throws {
        guard let type = stored["type"]?.string.flatMap({ QuantizationType($0) }),
            let name = stored["name"]?.string, let output = stored["output"]?.string
        else { throw MadeOf.unreadable }
        self.type = type
        source = try MadeOf(stored: stored)
        self.name = try ModelName(name)
        self.output = output
        (imatrix, calibrate) = (stored["imatrix"]?.string, stored["calibrate"]?.string)
        report = stored["report"]?.string
        allowsRequantizing = stored["allow_requantize"]?.bool ?? false
        (isPure, leavesOutput) = (stored["pure"]?.bool ?? false, stored["leave_output_tensor"]?.bool ?? false)
        (outputType, embeddingType) = (stored["output_tensor_type"]?.string, stored["token_embedding_type"]?.string)
        threads = stored["threads"]?.integer.map { Int(clamping: $0) }
        chunks = stored["chunks"]?.integer.map { Int(clamping: $0) }
    }

    /// The engine's words for it.
    func arguments(from file: String, imatrix: String?) -> [String] {
        var arguments = [Self.kind, file, output, type.label]
        if let imatrix { arguments += ["--imatrix", imatrix] }
        if allowsRequantizing { arguments.append("--allow-requantize") }
        if isPure { arguments.append("--pure") }
        if leavesOutput { arguments.append("--leave-output-tensor") }
        if let outputType { arguments += ["--output-tensor-type", outputType] }
        if let embeddingType { arguments += ["--token-embedding-type", embeddingType] }
        if let threads { arguments += ["--threads", String(threads)] }
        return arguments
    }

    /// How it came to be, for the catalogue.
    var how: String {
        "quantised to \(type)" + (imatrix == nil && calibrate == nil ? "" : " with an importance matrix")
    }
}

/// The source of a job as its parameters keep it.
struct MadeOf: Sendable, Equatable {
    /// As the client wrote it.
    let asked: String
    let kind: ModelSource.Kind
    let path: String
    let name: String
    /// What the catalogue says that something was made from: the name there, or the path of what is not in it.
    let origin: String

    init(asked: String, _ source: ModelSource) {
        self.asked = asked
        (kind, path, name) = (source.kind, source.path, source.name.description)
        origin = source.isCatalogued ? name : path
    }

    /// - Parameter stored: all parameters of the job.
    /// - Throws: when they are not what ``json`` wrote.
    init(stored: JSONObject) throws {
        guard let asked = stored["model"]?.string, let source = stored["source"], let path = source["path"]?.string,
            let kind = source["kind"]?.string.flatMap(ModelSource.Kind.init(rawValue:)),
            let name = source["name"]?.string, let origin = source["origin"]?.string
        else { throw Self.unreadable }
        (self.asked, self.kind, self.path, self.name, self.origin) = (asked, kind, path, name, origin)
    }

    var json: JSONValue {
        [
            "kind": .string(kind.rawValue), "path": .string(path), "name": .string(name), "origin": .string(origin),
        ]
    }

    static let unreadable = ServiceError(.internalError, "The job's parameters cannot be read.")
}
