import Configuration
import Foundation
import JSONText
import Launch
import Vocabulary

/// `nexus secrets list`, `set`, `rm` and `rotate`.
enum SecretsCommand {
    static let group = CommandGroup("secrets", "Keys and tokens that are kept sealed")

    static let all = [list, set, remove, rotate]

    private static let file = CommandOption<String>("file", .path(), "Read the secret from this file.")
    private static let name = Operand("name", .one, "Such as hub.token, or openai for keys given as secret:openai.")

    private static let list = AdminCommand("secrets list", "Show the names of secrets, and which key seals them.") {
        call in
        call.show(try await call.admin.get("/api/v1/secrets")) { answer in
            var table = TextTable(.left("name"), .left("changed"), .left("key"))
            for secret in answer["secrets"]?.array ?? [] {
                table.add([
                    TextTable.Cell(secret["name"]?.string ?? ""),
                    TextTable.Cell(ModelEventsCommand.moment(secret["changed_at"]?.string)),
                    TextTable.Cell(secret["key"]?.string ?? ""),
                ])
            }
            let key = "Key \(answer["key"]?["id"]?.string ?? "?"), from \(answer["key"]?["source"]?.string ?? "?").\n"
            return (answer["secrets"]?.array ?? []).isEmpty
                ? "No secret is kept. " + key : table.text(for: call.output) + key
        }
    }

    private static let set = AdminCommand(
        "secrets set", "Keep a secret. It is read from standard input, never from the command line.",
        operands: [name], options: [file.declared]
    ) { call in
        let text = try secret(call)
        _ = try await call.admin.send("PUT", path(call), body: ["value": .string(text)])
        call.show(["name": .string(call.parsed.operands[0])]) { _ in "The secret is kept.\n" }
    }

    private static let remove = AdminCommand("secrets rm", "Forget a secret.", operands: [name]) { call in
        _ = try await call.admin.send("DELETE", path(call))
        call.show(["name": .string(call.parsed.operands[0])]) { _ in "The secret is gone.\n" }
    }

    private static let rotate = AdminCommand(
        "secrets rotate", "Seal every secret with a new key. A key from outside is changed there first."
    ) { call in
        call.show(try await call.admin.post("/api/v1/secrets/rotate")) { answer in
            "\(answer["sealed"]?.integer ?? 0) sealed with key \(answer["key"]?["id"]?.string ?? "?").\n"
        }
    }

    private static func path(_ call: AdminCall) -> String {
        "/api/v1/secrets/" + AdminClient.escaped(call.parsed.operands[0])
    }

    /// From a file or standard input, without the line break at its end; at a terminal without being seen.
    private static func secret(_ call: AdminCall) throws -> String {
        let text: String?
        if let file = call.parsed[file] {
            text = try String(contentsOfFile: file, encoding: .utf8)
        } else if isatty(STDIN_FILENO) == 1 {
            text = getpass("Secret: ").map { String(cString: $0) }
        } else {
            text = readLine()
        }
        var secret = text ?? ""
        while secret.last?.isNewline == true { secret.removeLast() }
        guard !secret.isEmpty else {
            throw ServiceError(.invalidValue, "No secret was given.", hint: "echo … | nexus secrets set NAME")
        }
        return secret
    }
}
