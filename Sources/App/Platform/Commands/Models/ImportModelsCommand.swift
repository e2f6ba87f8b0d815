import Configuration
import Foundation
import JSONText
import Launch
import Vocabulary

/// `nexus models import`
enum ImportModelsCommand {
    private enum Kind: String, CaseIterable, Sendable {
        case folder, ollama
        case llamaSwap = "llama_swap"
    }

    private static let kind = CommandOption<Kind>("kind", .choice, "What lies there; guessed when left out.")
    private static let name = CommandOption<String>(
        "name", short: "n", .text("NAME", bytesMax: 256), "The name to give, for one single model.")

    static let command = AdminCommand(
        "models import",
        "Take in models from a file, a folder, an Ollama store or a llama-swap file. Nothing is copied.",
        operands: [Operand("path", .one, "A .gguf file, a folder, ~/.ollama/models, or a .yaml file of llama-swap.")],
        options: [kind.declared, name.declared]
    ) { call in
        // Relative to where the command runs; the server may run anywhere.
        let path = URL(filePath: call.parsed.operands[0]).standardizedFileURL.path
        var body: JSONObject = ["path": .string(path)]
        body["kind"] = call.parsed[kind].map { .string($0.rawValue) }
        body["name"] = call.parsed[name].map(JSONValue.string)
        let answer = try await call.admin.post("/api/v1/models/import", .object(body))
        call.show(answer) { text(of: $0, for: call.output) }
        let isEmpty = ["added", "refreshed", "unchanged", "deployments"].allSatisfy {
            answer[$0]?.array?.isEmpty ?? true
        }
        // For scripts: an import that has brought nothing has failed.
        guard !isEmpty else {
            throw ServiceError(.invalidValue, "No model was taken in from \(PlainText.safe(path)).")
        }
    }

    static func text(of answer: JSONValue, for output: StandardStream) -> String {
        var lines: [String] = []
        for (word, key, style) in [
            ("added", "added", StandardStream.Style.green), ("refreshed", "refreshed", .cyan),
            ("unchanged", "unchanged", .dim),
        ] {
            for name in answer[key]?.array ?? [] {
                lines.append(output.styled(word, style) + "  " + PlainText.safe(name.string ?? ""))
            }
        }
        for deployment in answer["deployments"]?.array ?? [] {
            let command = (deployment["command"]?.array ?? []).compactMap(\.string).joined(separator: " ")
            lines.append(
                output.styled("serves", .cyan)
                    + PlainText.safe("  \(deployment["name"]?.string ?? ""): \(command.prefix(200))"))
        }
        let problems = answer["problems"]?.array ?? []
        for problem in problems.prefix(50) {
            let text = "\(problem["place"]?.string ?? ""): \(problem["reason"]?.string ?? "")"
            lines.append(output.styled("left out", .yellow) + "  " + PlainText.safe(text))
        }
        let more = problems.count - 50 + Int(clamping: answer["problems_left_out"]?.integer ?? 0)
        if more > 0 { lines.append("… and \(more) more; --json shows them.") }
        return lines.isEmpty ? "" : lines.joined(separator: "\n") + "\n"
    }
}
