import Configuration
import JSONText
import Vocabulary

/// `nexus models edit`
enum EditModelCommand {
    private static let rating = CommandOption<Int>("rating", .integer(in: 1...5), "How good it is.")
    private static let notes = CommandOption<String>(
        "notes", .text("TEXT", bytesMax: 16_384), "What is worth to know of it.")
    private static let tags = CommandOption<String>(
        "tags", .text("TAG,TAG", bytesMax: 4_096), "Instead of those that it has.")
    private enum Opinion: String, CaseIterable, Sendable { case rating, notes, tags, all }
    private static let clear = CommandOption<Opinion>("clear", .choice, "What to take away.")

    static let command = AdminCommand(
        "models edit", "Set a model's rating, notes and tags.",
        operands: [Operand("model", .one, "Name, or name:tag.")],
        options: [rating.declared, notes.declared, tags.declared, clear.declared]
    ) { call in
        let parsed = call.parsed
        var body = JSONObject()
        if let clear = parsed[clear] {
            for name in clear == .all ? ["rating", "notes", "tags"] : [clear.rawValue] { body[name] = .null }
        }
        if let rating = parsed[rating] { body["rating"] = .whole(rating) }
        if let notes = parsed[notes] { body["notes"] = .string(notes) }
        if let tags = parsed[tags] {
            let words = tags.split(separator: ",").map { $0.trimmingPrefix { $0 == " " } }.filter { !$0.isEmpty }
            body["tags"] = .array(words.map { .string(String($0)) })
        }
        guard !body.isEmpty else {
            throw ServiceError(
                .invalidValue, "Nothing is to be set.", hint: "Give --rating, --notes, --tags or --clear.")
        }
        let path = "/api/v1/models/" + AdminClient.escaped(parsed.operands[0])
        call.show(try await call.admin.send("PATCH", path, body: .object(body))) {
            ShowModelCommand.text(of: $0, for: call.output)
        }
    }
}
