import Configuration
import Foundation
import JSONText
import Launch
import ModelFormats
import Vocabulary

/// `nexus models convert`: a checkpoint's folder becomes a GGUF file. The work is done in this process; a platform is asked
/// only where the catalogue has a part in it.
enum ConvertCommand {
    private static let type = CommandOption<ConversionType>(
        "type", short: "t", .choice, "What matrices are written in: f16 (default), bf16, f32 or q8_0.")
    private static let name = CommandOption<String>(
        "name", short: "n", .text("NAME", bytesMax: 256), "The model's name in the file (default: the folder's).")
    private static let adds = CommandOption<Bool>(
        "add", .flag, "Put the model into the catalogue; in the platform's own models folder it always gets there.")
    private static let force = CommandOption<Bool>("force", .flag, "Replace a file that is there already.")

    static let command = Command(
        "models convert",
        "Turn a checkpoint's folder (config.json, model.safetensors, tokenizer) into a GGUF file.",
        operands: [
            Operand(
                "checkpoint", .one,
                "A folder, or a model of the catalogue: of the LLaMA, Mistral, Qwen 2, Qwen 3 or BERT family."),
            Operand("file", .optional, "The GGUF file to write (default: one in the platform's models folder)."),
        ],
        options: [type.declared, name.declared, adds.declared, force.declared, AdminCall.json.declared],
        listsSettings: false)

    static func run(_ parsed: ParsedCommand, _ environment: [String: String]) async throws {
        let configuration = try ModelOption.load(parsed, environment)
        let catalogue = ConversionCatalogue(
            parsed: parsed, environment: environment, ownFolder: CatalogPart.ownFolder(of: configuration))
        let checkpoint = parsed.operands[0]
        let folder = try await catalogue.folder(of: checkpoint)
        let type = parsed[type] ?? .f16
        let file =
            try parsed.operands.dropFirst().first
            ?? catalogue.ownFile(for: parsed[name] ?? FolderOnDisk(path: folder).name, type)
        if parsed[adds], !file.lowercased().hasSuffix(".gguf") {
            throw ServiceError(
                .invalidValue, "The catalogue knows model files by their names.", hint: "Let the name end with .gguf.")
        }
        let order = ConversionOrder(
            folder: folder, file: file, type: type, name: parsed[name], replaces: parsed[force])
        try catalogue.prepare(file)
        let done = try await order.carryOut()
        var added: String?
        if parsed[adds] || catalogue.owns(file) {
            // A model's name is kept as it is, a path so that it is one everywhere.
            let source = folder == checkpoint ? URL(filePath: folder).standardizedFileURL.path : checkpoint
            added = try await catalogue.add(file, madeOf: source, how: "converted to \(type.rawValue.uppercased())")
        }
        guard parsed[AdminCall.json] else {
            StandardStream.output.write(done.sentence + "\n" + (added.map { "In the catalogue as \($0).\n" } ?? ""))
            return
        }
        var answer = done.json
        answer["model"] = added.map(JSONValue.string)
        StandardStream.output.write(JSONValue.object(answer).prettyText + "\n")
    }
}
