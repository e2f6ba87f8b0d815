import Configuration
import Foundation
import JSONText
import Launch

/// `nexus models quantize`: stores a model's weights in fewer bits, and tells what that cost.
enum QuantizeCommand {
    private static let imatrix = CommandOption<String>(
        "imatrix", .path("FILE"), "An importance matrix; the smallest types need one.")
    private static let calibrate = CommandOption<String>(
        "calibrate", .path("TEXT"), "A text to make an importance matrix from.")
    private static let report = CommandOption<String>(
        "report", .path("TEXT"), "A text to compare the model with its source on: perplexity, divergence, size, speed.")
    private static let output = CommandOption<String>(
        "output", short: "o", .path("FILE"), "Where the model is to be (default: the data directory's models/made).")
    private static let name = CommandOption<String>(
        "name", short: "n", .text("NAME", bytesMax: 256), "The new model's name (default: the source's, with the type)."
    )
    private static let takesQuantized = CommandOption<Bool>(
        "allow-requantize", .flag, "Take a model that is quantised already; the result is worse than from the original."
    )
    private static let isPure = CommandOption<Bool>(
        "pure", .flag, "All tensors in the type's main form, instead of finer ones for those that matter.")
    private static let leavesOutput = CommandOption<Bool>(
        "leave-output-tensor", .flag, "Leave the output weights as they are.")
    private static let outputType = CommandOption<String>(
        "output-tensor-type", .text("TYPE", bytesMax: 16), "Number format of the output weights.")
    private static let embeddingType = CommandOption<String>(
        "token-embedding-type", .text("TYPE", bytesMax: 16), "Number format of the token embeddings.")
    static let threads = CommandOption<Int>(
        "threads", short: "t", .integer(in: 1...512), "Threads that compute (default: one for each processor).")
    static let chunks = CommandOption<Int>(
        "chunks", .integer(in: 1...1_000_000), "Pieces of the texts at most.")
    static let isDetached = CommandOption<Bool>(
        "detach", .flag, "Return at once; the running server goes on with it.")

    static let command = AdminCommand(
        "models quantize", "Store a model's weights in fewer bits.",
        operands: [
            Operand("model", .one, "Name of a model that is here, a .gguf file, or a checkpoint's folder."),
            Operand("type", .one, "Such as Q4_K_M, Q8_0, IQ4_XS, F16."),
        ],
        options: [
            imatrix.declared, calibrate.declared, report.declared, output.declared, name.declared,
            takesQuantized.declared, isPure.declared, leavesOutput.declared, outputType.declared,
            embeddingType.declared, threads.declared, chunks.declared, isDetached.declared,
        ]
    ) { call in
        let parsed = call.parsed
        var body: JSONObject = ["model": .string(source(parsed.operands[0])), "type": .string(parsed.operands[1])]
        for option in [imatrix, calibrate, report, output] {
            body[option.name] = parsed[option].map { .string(absolute($0)) }
        }
        body["name"] = parsed[name].map(JSONValue.string)
        body["output_tensor_type"] = parsed[outputType].map(JSONValue.string)
        body["token_embedding_type"] = parsed[embeddingType].map(JSONValue.string)
        for (key, flag) in [
            ("allow_requantize", takesQuantized), ("pure", isPure), ("leave_output_tensor", leavesOutput),
        ] where parsed[flag] { body[key] = true }
        body["threads"] = parsed[threads].map { .whole($0) }
        body["chunks"] = parsed[chunks].map { .whole($0) }
        try await run("/api/v1/models/quantize", .object(body), call) { text($0, for: call.output) }
    }

    /// Submits a job and shows what comes of it.
    static func run(
        _ path: String, _ body: JSONValue, _ call: AdminCall, _ text: (JSONValue) -> String
    ) async throws {
        if call.parsed[isDetached] { try call.admin.requireServer(to: "go on with the job") }
        let job = try await call.admin.post(path, body)
        let id = job["id"]?.string ?? ""
        if call.parsed[isDetached] {
            return call.show(job) { _ in "The job \(id) goes on in the server; nexus jobs follow \(id) shows it.\n" }
        }
        let ended = try await JobFollowing.follow(id, call)
        call.show(ended) { text($0["result"] ?? .null) }
    }

    /// A path as the server needs it: it may run in another folder.
    static func absolute(_ path: String) -> String { URL(filePath: path).standardizedFileURL.path }

    /// Names of models have slashes, too: a path is what looks like one and is there, or begins as none of those can.
    static func source(_ text: String) -> String {
        let isPath = text.hasPrefix("/") || text.hasPrefix("./") || text.hasPrefix("../")
        let mayBePath = text.hasSuffix(".gguf") || text.contains("/")
        return isPath || mayBePath && FileManager.default.fileExists(atPath: text) ? absolute(text) : text
    }

    static func text(_ result: JSONValue, for output: StandardStream) -> String {
        var line = "\(result["model"]?.string ?? ""): \(result["type"]?.string ?? "")"
        if let bytes = result["bytes"]?.integer { line += ", \(PlainText.bytes(bytes))" }
        if let bits = result["bits_per_weight"]?.double { line += ", \(QualityTable.rounded(bits, 2)) bits per weight" }
        if let seconds = result["seconds"]?.double { line += ", \(QualityTable.rounded(seconds, 1)) s" }
        var text = PlainText.safe(line) + "\n" + PlainText.safe(result["path"]?.string ?? "") + "\n"
        if let report = result["report"], !report.isNull { text += "\n" + QualityTable.text(report, for: output) }
        if let problem = result["report_error"]?.string {
            text += output.styled(PlainText.safe("No report: \(problem)"), .yellow) + "\n"
        }
        return text
    }
}
