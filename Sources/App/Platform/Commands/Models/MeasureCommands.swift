import Configuration
import JSONText
import Launch

/// `nexus models measure` and `nexus models imatrix`: what a text tells of a model.
enum MeasureCommands {
    private static let base = CommandOption<String>(
        "base", .text("MODEL", bytesMax: 4_095), "The model to compare with, such as the one that this was made from.")
    private static let chunkSize = CommandOption<Int>(
        "chunk-size", .integer(in: 16...32_768), "Tokens of each piece of the text (default: 512).")
    private static let output = CommandOption<String>(
        "output", short: "o", .path("FILE"), "Where the matrix is to be (default: the data directory's models/made).")
    private static let text = Operand("text", .one, "A text file.")

    private static let common = [
        QuantizeCommand.threads.declared, QuantizeCommand.chunks.declared, chunkSize.declared,
        QuantizeCommand.isDetached.declared,
    ]

    static let measure = AdminCommand(
        "models measure", "Measure how well a model foretells a text, and how fast it is.",
        operands: [Operand("model", .one, "Name of a model that is here, or a .gguf file."), text],
        options: [base.declared] + common
    ) { call in
        var body = body(call.parsed)
        body["base"] = call.parsed[base].map { .string(QuantizeCommand.source($0)) }
        try await QuantizeCommand.run("/api/v1/models/measure", .object(body), call) {
            QualityTable.text($0, for: call.output)
        }
    }

    static let imatrix = AdminCommand(
        "models imatrix", "Find out on a text which weights matter most, for quantising.",
        operands: [Operand("model", .one, "Name of a model that is here, or a .gguf file."), text],
        options: [output.declared] + common
    ) { call in
        var body = body(call.parsed)
        body["output"] = call.parsed[output].map { .string(QuantizeCommand.absolute($0)) }
        try await QuantizeCommand.run("/api/v1/models/imatrix", .object(body), call) { result in
            "\(PlainText.safe(result["path"]?.string ?? "")): \(result["entries"]?.integer ?? 0) weights, "
                + "\(result["chunks"]?.integer ?? 0) pieces of text\n"
        }
    }

    private static func body(_ parsed: ParsedCommand) -> JSONObject {
        var body: JSONObject = [
            "model": .string(QuantizeCommand.source(parsed.operands[0])),
            "text": .string(QuantizeCommand.absolute(parsed.operands[1])),
        ]
        body["threads"] = parsed[QuantizeCommand.threads].map { .whole($0) }
        body["chunks"] = parsed[QuantizeCommand.chunks].map { .whole($0) }
        body["chunk_size"] = parsed[chunkSize].map { .whole($0) }
        return body
    }
}
