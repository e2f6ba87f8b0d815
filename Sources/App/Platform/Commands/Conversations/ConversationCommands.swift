import Configuration
import JSONText
import Launch
import Vocabulary

/// `nexus conversations …`: those of whoever owns the data directory, and how long everybody's are kept.
enum ConversationCommands {
    static let group = CommandGroup("conversations", "Your conversations, and how long all are kept")
    static let all = [list, ConversationExport.command, retention]

    private static let isArchived = CommandOption<Bool>("archived", .flag, "Those in the archive instead.")
    private static let limit = CommandOption<Int>("limit", .integer(in: 1...500), "How many at most (50).")
    private static let isRehearsal = CommandOption<Bool>(
        "dry-run", .flag, "Tell also what the next sweep would remove; nothing is removed by this.")

    private static let list = AdminCommand(
        "conversations list", "Show your conversations, those used last first.",
        options: [isArchived.declared, limit.declared]
    ) { call in
        let answer = try await call.admin.get(
            "/api/v1/conversations",
            query: [
                "archived": call.parsed[isArchived] ? "true" : nil, "limit": String(call.parsed[limit] ?? 50),
            ])
        call.show(answer) { table($0["conversations"]?.array ?? [], call.output) }
    }

    static func table(_ conversations: [JSONValue], _ output: StandardStream) -> String {
        guard !conversations.isEmpty else { return "There are no conversations.\n" }
        var table = TextTable(.left("CONVERSATION"), .right("MESSAGES"), .left("USED"), .left("TITLE"))
        for conversation in conversations {
            table.add([
                .init(conversation["id"]?.string ?? ""), .init(String(conversation["messages"]?.integer ?? 0)),
                .init(ModelEventsCommand.moment(conversation["updated_at"]?.string), .dim),
                .init(conversation["title"]?.string ?? "", conversation["pinned"]?.bool == true ? .bold : nil),
            ])
        }
        return table.text(for: output)
    }

    private static let retention = AdminCommand(
        "conversations retention", "Show how long conversations are kept after their last use.",
        options: [isRehearsal.declared]
    ) { call in
        let answer = try await call.admin.get("/api/v1/retention")
        let isRehearsal = call.parsed[isRehearsal]
        call.show(isRehearsal ? answer : policy(of: answer)) { classes($0, isRehearsal: isRehearsal, call.output) }
    }

    /// Without what would be removed, which changes from one moment to the next.
    private static func policy(of answer: JSONValue) -> JSONValue {
        let classes = (answer["classes"]?.array ?? []).map { one -> JSONValue in
            ["name": one["name"] ?? .null, "keep_seconds": one["keep_seconds"] ?? .null]
        }
        return ["classes": .array(classes)]
    }

    static func classes(_ answer: JSONValue, isRehearsal: Bool, _ output: StandardStream) -> String {
        var columns: [TextTable.Column] = [.left("CLASS"), .right("KEPT")]
        if isRehearsal { columns += [.right("WOULD GO"), .left("OLDEST")] }
        var table = TextTable(columns)
        for one in answer["classes"]?.array ?? [] {
            var cells: [TextTable.Cell] = [
                .init(one["name"]?.string ?? ""), .init(one["keep_seconds"]?.integer.map(kept) ?? "for ever"),
            ]
            if isRehearsal {
                let count = one["would_remove"]?.integer ?? 0
                cells.append(.init(PlainText.count(count), count > 0 ? .yellow : .dim))
                cells.append(.init(one["oldest_at"]?.string.map { ModelEventsCommand.moment($0) } ?? "", .dim))
            }
            table.add(cells)
        }
        let end = isRehearsal ? "Nothing was removed. What is pinned never goes.\n" : ""
        return table.text(for: output) + end
    }

    /// `30 days`, `12 h`, `90 s`.
    static func kept(_ seconds: Int64) -> String {
        let (day, hour): (Int64, Int64) = (86_400, 3_600)
        if seconds >= day, seconds.isMultiple(of: day) {
            return seconds == day ? "1 day" : "\(seconds / day) days"
        }
        return seconds >= hour && seconds.isMultiple(of: hour) ? "\(seconds / hour) h" : "\(seconds) s"
    }
}
