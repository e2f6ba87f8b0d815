import Configuration
import JSONText
import Launch

/// `nexus models list`
enum ListModelsCommand {
    private static let search = CommandOption<String>(
        "search", .text("TEXT", bytesMax: 256), "Only those with this in name, title or architecture.")
    private static let state = CommandOption<String>(
        "state", .text("STATE", bytesMax: 32), "Only those that are so: downloaded, ready, failed, …")
    private static let tag = CommandOption<String>("tag", .text("TAG", bytesMax: 64), "Only those with this tag.")
    private static let sort = CommandOption<String>(
        "sort", .text("KEY", bytesMax: 32), "name, size, added, parameters, rating or used; -size is the largest first."
    )
    private static let format = CommandOption<String>(
        "format", .text("FORMAT", bytesMax: 32), "Only those of it: gguf, safetensors, onnx, remote.")
    private static let origin = CommandOption<String>(
        "origin", .text("ORIGIN", bytesMax: 32),
        "Only those from there: folder, ollama, llama_swap, hub, made, configuration.")
    private static let limit = CommandOption<Int>("limit", .integer(in: 1...1_000), "How many at most (100).")
    private static let offset = CommandOption<Int>(
        "offset", .integer(in: 0...1_000_000_000), "How many to leave out first.")

    static let command = AdminCommand(
        "models list", "List the models of this machine.",
        options: [
            search.declared, state.declared, format.declared, origin.declared, tag.declared, sort.declared,
            limit.declared, offset.declared,
        ]
    ) { call in
        let parsed = call.parsed
        let answer = try await call.admin.get(
            "/api/v1/models",
            query: [
                "search": parsed[search], "state": parsed[state], "format": parsed[format],
                "origin": parsed[origin], "tag": parsed[tag], "sort": parsed[sort],
                "limit": parsed[limit].map(String.init), "offset": parsed[offset].map(String.init),
            ])
        let isChosen = [parsed[search], parsed[state], parsed[format], parsed[origin], parsed[tag]].contains {
            $0 != nil
        }
        call.show(answer) { text(of: $0, isChosen: isChosen, for: call.output) }
    }

    /// The table, or why there is none; `isChosen` says whether only some were asked for.
    static func text(of answer: JSONValue, isChosen: Bool, for output: StandardStream) -> String {
        let models = answer["models"]?.array ?? []
        let total = answer["total"]?.integer ?? Int64(models.count)
        guard !models.isEmpty else {
            if total > 0 { return "There are only \(total).\n" }
            return isChosen
                ? "No model is so.\n" : "There are no models. nexus models import PATH takes some in.\n"
        }
        var table = TextTable(
            .left("NAME"), .left("STATE"), .left("ARCH"), .right("PARAMS"), .left("QUANT"), .right("SIZE"),
            .right("CONTEXT"), .right("REQUESTS"), .left("ORIGIN"))
        for model in models {
            let metadata = model["metadata"]
            let state = model["state"]?.string ?? ""
            table.add([
                TextTable.Cell(model["name"]?.string ?? "", .bold), TextTable.Cell(state, style(of: state)),
                TextTable.Cell(metadata?["architecture"]?.string ?? "-"),
                TextTable.Cell(metadata?["parameter_count"]?.integer.map(PlainText.count) ?? "-"),
                TextTable.Cell(metadata?["quantization"]?.string ?? "-"),
                TextTable.Cell(PlainText.bytes(model["byte_count"]?.integer ?? 0)),
                TextTable.Cell(metadata?["context_length"]?.integer.map { String($0) } ?? "-"),
                TextTable.Cell(String(model["usage"]?["requests"]?.integer ?? 0)),
                TextTable.Cell(model["origin"]?["kind"]?.string ?? ""),
            ])
        }
        let rest =
            total > models.count ? "\(models.count) of \(total); --limit and --offset show the others.\n" : ""
        return table.text(for: output) + rest
    }

    static func style(of state: String) -> StandardStream.Style? {
        switch state {
        case "ready": .green
        case "failed": .red
        case "loading", "unloading", "downloading": .yellow
        case "unknown": .dim
        default: nil
        }
    }
}
