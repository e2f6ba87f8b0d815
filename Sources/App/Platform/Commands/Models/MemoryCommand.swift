import Configuration
import Hosting
import JSONText
import Launch

/// `nexus models memory`: what a model would take, before it is loaded.
enum MemoryCommand {
    private static let tokens = 1...Int(Int32.max)
    private static let use = CommandOption<MemoryRequest.Use>("use", .choice, "What it is served for (default text).")
    private static let cells = CommandOption<Int>(
        "ctx-size", short: "c", .integer(in: tokens),
        "Tokens of context of all sequences (default: --parallel times one's).")
    private static let sequence = CommandOption<Int>(
        "ctx-seq", .integer(in: tokens), "Tokens of one sequence (default: what the model was trained for).")
    private static let parallel = CommandOption<Int>(
        "parallel", .integer(in: 1...256), "Sequences at once (default 4).")
    private static let batch = CommandOption<Int>(
        "batch-size", short: "b", .integer(in: 1...65_536), "Tokens in one step (default 512).")
    private static let microBatch = CommandOption<Int>(
        "ubatch-size", .integer(in: 1...65_536), "Tokens that are computed together (default 512).")
    private static let keyType = CommandOption<KVCacheType>(
        "cache-type-k", .choice, "Type of cached keys (default f16).")
    private static let valueType = CommandOption<KVCacheType>(
        "cache-type-v", .choice, "Type of cached values (default f16).")
    private static let flash = CommandOption<MemoryRequest.FlashAttention>(
        "flash-attn", .choice, "Whether to use flash attention (default auto).")
    private static let ram = CommandOption<Int>(
        "cache-ram", .integer(in: -1...(1 << 30)),
        "MiB for prefixes outside the cache (default: an eighth of the machine).")
    private static let layers = CommandOption<Int>(
        "gpu-layers", .integer(in: 0...10_000), "Layers on GPUs (default: as many as fit).")
    private static let mode = CommandOption<String>(
        "load-mode", .text("MODE", bytesMax: 16),
        "How the file is loaded: \(MemoryRequest.Loading.modes.joined(separator: ", ")).")
    private static let projector = CommandOption<String>(
        "mmproj", .text("FILE", bytesMax: 4_095), "Projector for images.")
    private static let draft = CommandOption<String>(
        "model-draft", .text("MODEL", bytesMax: 4_095), "Draft model for speculation.")
    private static let adapters = CommandOption<String>(
        "lora", .text("FILES", bytesMax: 65_536), "LoRA adapters, with commas between.")
    private static let fullWindow = CommandOption<Bool>("swa-full", .flag, "Layers with a window keep everything.")

    static let command = AdminCommand(
        "models memory", "What a model would take of memory, part by part, and whether it fits.",
        operands: [Operand("model", .one, "Name of a model that is here, or the path of a GGUF file.")],
        options: [
            use.declared, cells.declared, sequence.declared, parallel.declared, batch.declared, microBatch.declared,
            keyType.declared, valueType.declared, flash.declared, fullWindow.declared, ram.declared, layers.declared,
            mode.declared, projector.declared, draft.declared, adapters.declared,
        ]
    ) { call in
        let answer = try await call.admin.post("/api/v1/memory/estimate", .object(body(of: call.parsed)))
        call.show(answer) { text($0, call.output) }
    }

    private static func body(of parsed: ParsedCommand) -> JSONObject {
        var body: JSONObject = ["model": .string(parsed.operands[0])]
        for (name, value) in [
            ("ctx_size", parsed[cells]), ("ctx_seq", parsed[sequence]), ("parallel", parsed[parallel]),
            ("batch_size", parsed[batch]), ("ubatch_size", parsed[microBatch]), ("cache_ram", parsed[ram]),
            ("gpu_layers", parsed[layers]),
        ] { body[name] = value.map { .whole($0) } }
        for (name, value) in [
            ("use", parsed[use]?.rawValue), ("cache_type_k", parsed[keyType]?.rawValue),
            ("cache_type_v", parsed[valueType]?.rawValue), ("flash_attn", parsed[flash]?.rawValue),
            ("load_mode", parsed[mode]), ("mmproj", parsed[projector]), ("model_draft", parsed[draft]),
        ] { body[name] = value.map(JSONValue.string) }
        body["lora"] = parsed[adapters].map { .array($0.split(separator: ",").map { .string(String($0)) }) }
        if parsed[fullWindow] { body["swa_full"] = true }
        return body
    }

    /// Cells of the bar.
    private static let barWidth = 48
    /// A letter for each kind, in the order of the table.
    private static let letters = Array("WRKSCOPpVJDA")

    static func text(_ answer: JSONValue, _ output: StandardStream) -> String {
        let parts = answer["parts"]?.array ?? []
        let needed = total(answer["needed"])
        var text =
            output.styled(PlainText.safe(answer["path"]?.string ?? ""), .bold)
            + "  \(PlainText.safe(answer["architecture"]?.string ?? "")), "
            + "\(PlainText.count(answer["parameters"]?.integer ?? 0)) parameters, "
            + "\(answer["cells"]?.integer ?? 0) cells, \(answer["sequence_tokens"]?.integer ?? 0) tokens each\n\n"
        var table = TextTable(.left(""), .left("part"), .left("where"), .right("bytes"), .left("when"), .left("why"))
        for part in parts {
            table.add([
                TextTable.Cell(letter(part)), TextTable.Cell(part["kind"]?.string ?? ""),
                TextTable.Cell(part["device"]?.string ?? "memory"),
                TextTable.Cell(PlainText.bytes(part["bytes"]?.integer ?? 0)),
                TextTable.Cell(part["residence"]?.string ?? ""), TextTable.Cell(part["reason"]?.string ?? "", .dim),
            ])
        }
        text += table.text(for: output) + "\n" + bar(parts) + "\n\n"
        let free = total(answer["free"])
        let fits = answer["fits"] == true
        text +=
            "needed \(output.styled(PlainText.bytes(needed), .bold)) of \(PlainText.bytes(free)) free: "
            + output.styled(fits ? "fits" : "does not fit", fits ? .green : .red) + "\n"
        if let samples = answer["correction"]?["samples"]?.integer, samples > 0 {
            let ratio = answer["correction"]?["ratio"]?.double ?? 1
            text += "corrected by \(Int((ratio * 100).rounded())) %, as \(samples) measurements of workers say\n"
        }
        for note in answer["notes"]?.array ?? [] { text += PlainText.safe(note.string ?? "") + "\n" }
        return text
    }

    private static func total(_ pool: JSONValue?) -> Int64 {
        let devices = pool?["devices"]?.object ?? JSONObject()
        return devices.reduce(pool?["host_bytes"]?.integer ?? 0) { $0 + ($1.value.integer ?? 0) }
    }

    private static func letter(_ part: JSONValue) -> String {
        let index = part["kind"]?.string.flatMap(MemoryEstimate.Kind.init(rawValue:))
            .flatMap(MemoryEstimate.Kind.allCases.firstIndex)
        return index.map { String(letters[$0]) } ?? "?"
    }

    /// Each part by its letter, as long as its share; what is smaller than half a cell is not seen. The prefix cache's default bound
    /// is left out: it is no need.
    private static func bar(_ parts: [JSONValue]) -> String {
        let shown = parts.filter { $0["kind"] != "prefix_cache" }
        let all = shown.reduce(0) { $0 + ($1["bytes"]?.double ?? 0) }
        guard all > 0 else { return "" }
        var cells = ""
        var sum = 0.0
        for part in shown {
            sum += part["bytes"]?.double ?? 0
            let end = Int((sum / all * Double(barWidth)).rounded())
            cells += String(repeating: letter(part), count: max(0, end - cells.count))
        }
        return "[\(cells)]"
    }
}
