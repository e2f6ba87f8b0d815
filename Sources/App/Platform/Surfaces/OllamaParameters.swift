import Hosting
import JSONText
import RequestScope
import Vocabulary

/// The `parameters` of a model that is made of another one, as settings of its deployment.
struct OllamaParameters {
    private let root: JSONField

    /// Those that are options of the engine.
    private static let options: [(name: String, option: String, range: ClosedRange<Double>)] = [
        ("typical_p", "--typical", 0...1), ("repeat_last_n", "--repeat-last-n", -1...10_000_000),
        ("repeat_penalty", "--repeat-penalty", 0.01...100), ("presence_penalty", "--presence-penalty", -100...100),
        ("frequency_penalty", "--frequency-penalty", -100...100), ("mirostat", "--mirostat", 0...2),
        ("mirostat_tau", "--mirostat-ent", 0...100), ("mirostat_eta", "--mirostat-lr", 0...10),
        ("num_predict", "--predict", -1...2_147_483_647),
    ]
    private static let own = ["num_ctx", "temperature", "top_p", "top_k", "min_p", "seed", "num_thread", "stop"]
    private static let stopBytesMax = 1_024
    private static let stopsMax = 16

    init(_ parameters: JSONObject) { root = JSONField(.object(parameters), path: "parameters") }

    /// - Throws: `ServiceError` about a parameter that has no meaning here, or a value that it cannot have.
    func apply(to settings: inout EngineSettings) throws(ServiceError) {
        do throws(JSONFieldError) {
            try read(into: &settings)
        } catch {
            throw ServiceError(reading: error)
        }
    }

    private func read(into settings: inout EngineSettings) throws(JSONFieldError) {
        let names = Self.own + Self.options.map(\.name)
        for (name, _) in try root.object() where !names.contains(name) {
            throw JSONFieldError(
                path: "parameters.\(name)",
                problem: "cannot be kept with a model; there are \(names.sorted().joined(separator: ", "))")
        }
        if let field = try root.optional("num_ctx") { settings.contextTokens = try field.integer(in: 16...16_777_216) }
        if let field = try root.optional("num_thread") { settings.threads = try field.integer(in: 1...1_024) }
        if let field = try root.optional("temperature") { settings.sampling.temperature = try field.number(in: 0...10) }
        if let field = try root.optional("top_p") { settings.sampling.topP = try field.number(in: 0...1) }
        if let field = try root.optional("top_k") { settings.sampling.topK = try field.integer(in: 0...1_000_000) }
        if let field = try root.optional("min_p") { settings.sampling.minP = try field.number(in: 0...1) }
        if let field = try root.optional("seed") {
            settings.sampling.seed = UInt32(clamping: try field.integer(in: 0...Int(UInt32.max)))
        }
        for (name, option, range) in Self.options {
            guard let field = try root.optional(name) else { continue }
            _ = try field.number(in: range)
            settings.arguments += [option, field.value.text]
        }
        guard let stop = try root.optional("stop") else { return }
        let texts = stop.value.array == nil ? [stop] : try stop.elements(countMax: Self.stopsMax)
        for text in texts {
            settings.arguments += ["--reverse-prompt", try text.keptText(bytesIn: 1...Self.stopBytesMax)]
        }
    }
}
