import Configuration
import Foundation

/// `--model`: a GGUF file to serve without writing a configuration.
enum ModelOption {
    static let option = CommandOption<String>(
        "model", short: "m", .path("FILE"), "GGUF file to serve, beside the configured models.")

    /// The configuration with `--model`, or with the starter model when nothing else is to be served.
    ///
    /// - Parameters:
    ///   - parsed: the command line.
    ///   - environment: all variables of the process.
    ///   - takesModel: whether the command's `--model` is this option; `deploy` has another one.
    ///   - embedder: the file of the default embedder, to be served too.
    /// - Returns: the configuration with what is to be served.
    /// - Throws: `ConfigurationErrors`; what reading the files throws.
    static func load(
        _ parsed: ParsedCommand, _ environment: [String: String], takesModel: Bool = true, embedder: String? = nil
    ) throws -> Configuration {
        var inputs = parsed.inputs(environment: environment, readFile: { try Installation.readFile($0) })
        if takesModel, let path = parsed[option] { add(path, to: &inputs) }
        var loaded = try Configuration.load(inputs).configuration
        if loaded.models.isEmpty, let starter = StarterModel.path(near: Installation.program) {
            add(starter, to: &inputs)
            loaded = try Configuration.load(inputs).configuration
        }
        guard let embedder, !loaded.models.isEmpty else { return loaded }
        DefaultEmbedder.add(embedder, beside: loaded, to: &inputs)
        return try Configuration.load(inputs).configuration
    }

    private static func add(_ path: String, to inputs: inout ConfigurationInputs) {
        let name = name(for: path)
        inputs.arguments.append(ConfigurationArgument(flag: "--models.\(name).path", value: path))
        inputs.arguments.append(ConfigurationArgument(flag: "--defaultModel", value: name))
        if StarterModel.isStarter(path) {
            inputs.arguments.append(ConfigurationArgument(flag: "--models.\(name).note", value: StarterModel.note))
        }
    }

    /// The file's name without its suffix, in characters that names of models may have.
    static func name(for path: String) -> String {
        let file = URL(filePath: path).deletingPathExtension().lastPathComponent
        let allowed = file.map { $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) ? $0 : "-" }
        return allowed.isEmpty ? "model" : String(allowed.prefix(100))
    }
}
