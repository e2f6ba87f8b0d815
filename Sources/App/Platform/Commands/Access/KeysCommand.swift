import Configuration
import Foundation
import JSONText
import Launch
import Vocabulary

/// `nexus keys …`: API keys of users.
enum KeysCommand {
    static let group = CommandGroup("keys", "API keys")

    /// In the order of the help.
    static let all = [list, create, rotate, revoke]

    private static let key = Operand("key", .one, "The key's id, key_….")
    private static let user = CommandOption<String>("user", .text("USER", bytesMax: 254), "Whose keys only.")
    private static let scopes = CommandOption<String>(
        "scopes", .text("SCOPE,SCOPE", bytesMax: 4_096), "What it may do, such as chat.use,models.read.")
    private static let models = CommandOption<String>(
        "models", .text("NAME,NAME", bytesMax: 4_096), "Models that it may ask; * stands for any characters.")
    private static let priority = CommandOption<Priority>(
        "priority-max", .choice, "The most urgent priority that it may ask for.")
    private static let expires = CommandOption<Duration>(
        "expires-in", .duration(in: .seconds(1)...(.seconds(3_153_600_000))), "When it ends, such as 90d.")
    private static let overlap = CommandOption<Duration>(
        "overlap", .duration(in: .zero...(.seconds(31_536_000))), "How long the old key goes on; a day without it.")

    private static let list = AdminCommand("keys list", "Show keys, newest first.", options: [user.declared]) { call in
        let answer = try await call.admin.get("/api/v1/keys", query: ["user": call.parsed[user]])
        let users = try await call.admin.get("/api/v1/users")["users"]?.array ?? []
        call.show(answer) { answer in
            let keys = answer["keys"]?.array ?? []
            guard !keys.isEmpty else { return "There are no keys.\n" }
            var table = TextTable(
                .left("KEY"), .left("USER"), .left("NAME"), .left("STATE"), .left("SCOPES"), .left("MODELS"),
                .left("EXPIRES"), .left("LAST USED"))
            for key in keys {
                let owner = users.first { $0["id"] == key["user"] }?["name"]?.string
                table.add([
                    .init(key["id"]?.string ?? ""), .init(owner ?? key["user"]?.string ?? ""),
                    .init(key["name"]?.string ?? ""), state(key), .init(words(key["scopes"])),
                    .init(words(key["models"])), .init(moment(key["expires_at"], "never")),
                    .init(moment(key["last_used_at"], "never")),
                ])
            }
            return table.text(for: call.output)
        }
    }

    private static let create = AdminCommand(
        "keys create", "Make a key, and show it once.",
        operands: [
            Operand("user", .one, "Whose it is to be."), Operand("name", .optional, "What it is for."),
        ], options: [scopes.declared, models.declared, priority.declared, expires.declared]
    ) { call in
        let parsed = call.parsed
        var body: JSONObject = [
            "user": .string(parsed.operands[0]),
            "name": .string(parsed.operands.count > 1 ? parsed.operands[1] : "made on the command line"),
        ]
        body["scopes"] = parsed[scopes].map(CommaWords.json)
        body["models"] = parsed[models].map(CommaWords.json)
        body["priority_max"] = parsed[priority].map { .string($0.rawValue) }
        body["expires_in_seconds"] = parsed[expires].map { .number($0 / .seconds(1)) }
        showOnce(try await call.admin.post("/api/v1/keys", .object(body)), call)
    }

    private static let rotate = AdminCommand(
        "keys rotate", "Make a key that takes another one's place; both count for a while.", operands: [key],
        options: [overlap.declared]
    ) { call in
        var body = JSONObject()
        body["overlap_seconds"] = call.parsed[overlap].map { .number($0 / .seconds(1)) }
        showOnce(try await call.admin.post(path(call) + "/rotate", .object(body)), call)
    }

    private static let revoke = AdminCommand("keys revoke", "End a key at once.", operands: [key]) { call in
        call.show(try await call.admin.send("DELETE", path(call))) { _ in "The key is revoked.\n" }
    }

    private static func path(_ call: AdminCall) -> String {
        "/api/v1/keys/" + AdminClient.escaped(call.parsed.operands[0])
    }

    /// The key alone on standard output, so that a script can take it.
    private static func showOnce(_ answer: JSONValue, _ call: AdminCall) {
        if !call.isJSON { call.remark("\(answer["id"]?.string ?? ""); the key is shown this once:") }
        call.show(answer) { PlainText.safe($0["key"]?.string ?? "") + "\n" }
    }

    private static func state(_ key: JSONValue) -> TextTable.Cell {
        let state = key["state"]?.string ?? ""
        return TextTable.Cell(state, state == "active" ? .green : .yellow)
    }

    private static func words(_ list: JSONValue?) -> String {
        list?.array.map { $0.compactMap(\.string).joined(separator: ",") } ?? "all"
    }

    private static func moment(_ seconds: JSONValue?, _ none: String) -> String {
        guard let seconds = seconds?.double else { return none }
        return Date(timeIntervalSince1970: seconds).formatted(.iso8601)
    }
}
