import Configuration
import Foundation
import JSONText
import ModelFormats
import Synchronization
import Vocabulary

/// The catalogue's part in a conversion: where a checkpoint of it lies, and that it knows the file that was made. Each
/// question is a session of its own, so that a long conversion keeps no server from starting.
struct ConversionCatalogue {
    let parsed: ParsedCommand
    let environment: [String: String]
    /// Where the platform's own models lie.
    let ownFolder: String

    /// The folder that is meant: a path, or a model of the catalogue.
    ///
    /// - Throws: `ServiceError` when it is neither, or when the model is no checkpoint.
    func folder(of checkpoint: String) async throws -> String {
        let isPath = checkpoint.hasPrefix("/") || checkpoint.hasPrefix(".") || checkpoint.hasSuffix("/")
        if isPath || FileManager.default.fileExists(atPath: checkpoint) { return checkpoint }
        let model: JSONValue
        do {
            model = try await ask { try await $0.get("/api/v1/models/" + AdminClient.escaped(checkpoint)) }
        } catch let error as ServiceError where error.code == .modelNotFound {
            throw ServiceError(
                .modelNotFound, "There is neither a folder nor a model in the catalogue called '\(checkpoint)'.",
                hint: "Name the folder that has config.json, or download one: nexus models download owner/name.")
        }
        let format = model["metadata"]?["format"]?.string
        let weights = model["files"]?.array?.first { $0["role"]?.string == "weights" }?["path"]?.string
        guard format == "safetensors", let weights else {
            throw ServiceError(
                .invalidValue, "The model '\(checkpoint)' is no checkpoint: its format is \(format ?? "unknown").",
                hint: "What is converted is a folder with config.json and SafeTensors files.")
        }
        return URL(filePath: weights).deletingLastPathComponent().path
    }

    /// A new file in the own folder, called as files of models usually are: `name-F16.gguf`.
    func ownFile(for name: String, _ type: ConversionType) -> String {
        let plain = name.map { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) ? $0 : "-" }
        let base = String(plain.drop { $0 == "." }.prefix(200))
        return "\(ownFolder)/\(base.isEmpty ? "model" : base)-\(type.rawValue.uppercased()).gguf"
    }

    /// Makes the folder that a file is to lie in, where it is the own one or below it.
    func prepare(_ file: String) throws {
        guard owns(file) else { return }
        let folder = URL(filePath: file).deletingLastPathComponent().path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    /// Whether a file lies in the own folder.
    func owns(_ file: String) -> Bool {
        URL(filePath: file).standardizedFileURL.resolvingSymlinksInPath().path.hasPrefix(ownFolder + "/")
    }

    /// Makes a file a model of the catalogue, which says what it was made of.
    ///
    /// - Returns: the model's name there.
    func add(_ file: String, madeOf checkpoint: String, how: String) async throws -> String {
        let body: JSONObject = [
            "path": .string(URL(filePath: file).standardizedFileURL.path), "kind": "folder",
            "made": ["from": .string(checkpoint), "how": .string(how)],
        ]
        let report = try await ask { try await $0.post("/api/v1/models/import", .object(body)) }
        for key in ["added", "refreshed", "unchanged"] {
            if let name = report[key]?[0]?.string { return name }
        }
        let reason = report["problems"]?[0]?["reason"]?.string ?? "Nothing was found in it."
        throw ServiceError(
            .invalidValue, "The file \(PlainText.safe(file)) was written, and the catalogue did not take it: \(reason)",
            hint: "nexus models import takes files whose names end with .gguf.")
    }

    private func ask(_ question: @escaping @Sendable (AdminClient) async throws -> JSONValue) async throws -> JSONValue
    {
        let answer = Answer()
        try await AdminSession.run(parsed, environment) { answer.set(try await question($0)) }
        return answer.value
    }
}

/// What a session has brought.
private final class Answer: Sendable {
    private let cell = Mutex(JSONValue.null)
    var value: JSONValue { cell.withLock { $0 } }
    func set(_ value: JSONValue) { cell.withLock { $0 = value } }
}
