import Configuration
import JSONText

/// `nexus models rm`
enum RemoveModelCommand {
    private static let force = CommandOption<Bool>("force", short: "f", .flag, "Stop those who use it first.")
    private static let files = CommandOption<Bool>(
        "files", .flag, "Remove its files, too, where they were only found and not fetched or made here.")

    static let command = AdminCommand(
        "models rm", "Take models out of the catalogue.", operands: [Operand("model", .many, "Name, or name:tag.")],
        options: [force.declared, files.declared]
    ) { call in
        var answers: [JSONValue] = []
        for name in call.parsed.operands {
            let answer = try await call.admin.send(
                "DELETE", "/api/v1/models/" + AdminClient.escaped(name),
                query: [
                    "force": call.parsed[force] ? "true" : nil, "files": call.parsed[files] ? "true" : nil,
                ])
            answers.append(answer)
            guard !call.isJSON else { continue }
            call.show(answer) { answer in
                let removed = (answer["removed_files"]?.array ?? []).compactMap(\.string)
                let lines = ["deleted \(answer["deleted"]?.string ?? "")"] + removed.map { "  removed \($0)" }
                return lines.map(PlainText.safe).joined(separator: "\n") + "\n"
            }
        }
        if call.isJSON { call.show(.array(answers)) { _ in "" } }
    }
}
