import Configuration
import JSONText
import Launch
import Vocabulary

/// `nexus memory …`: what is remembered of whoever owns the data directory.
enum RememberCommands {
    static let group = CommandGroup("memory", "What is remembered of you")
    static let all = [list, add, forget, export]

    private static let id = Operand("memory", .one, "The memory's id.")
    private static let text = Operand("text", .one, "One sentence.")
    private static let words = CommandOption<String>("search", .text("WORDS", bytesMax: 1_024), "What to look for.")
    private static let state = CommandOption<String>(
        "state", .text("STATE", bytesMax: 8), "valid (default), past or all.")
    private static let context = CommandOption<String>(
        "context", .text("ID", bytesMax: 64), "Only of this context, or `none`.")
    private static let kind = CommandOption<String>(
        "kind", .text("KIND", bytesMax: 16), "preference, fact or profile.")
    private static let isPinned = CommandOption<Bool>("pin", .flag, "Never forget it by itself.")

    private static let list = AdminCommand(
        "memory list", "Show what is remembered.",
        options: [words.declared, state.declared, context.declared, kind.declared]
    ) { call in
        let answer = try await call.admin.get(
            "/api/v1/memories",
            query: [
                "q": call.parsed[words], "state": call.parsed[state], "context": call.parsed[context],
                "kind": call.parsed[kind], "limit": "500",
            ])
        call.show(answer) { table($0["memories"]?.array ?? [], call.output) }
    }

    private static let add = AdminCommand(
        "memory add", "Remember something.", operands: [text],
        options: [kind.declared, context.declared, isPinned.declared]
    ) { call in
        var body: JSONObject = ["text": .string(call.parsed.operands[0]), "pinned": .bool(call.parsed[isPinned])]
        body["kind"] = call.parsed[kind].map(JSONValue.string)
        body["context"] = call.parsed[context].map(JSONValue.string)
        call.show(try await call.admin.post("/api/v1/memories", .object(body))) { answer in
            table([answer], call.output)
        }
    }

    private static let forget = AdminCommand("memory forget", "Forget something.", operands: [id]) { call in
        let path = "/api/v1/memories/" + AdminClient.escaped(call.parsed.operands[0])
        call.show(try await call.admin.send("DELETE", path)) { _ in "It is forgotten.\n" }
    }

    private static let export = AdminCommand("memory export", "Print everything that is remembered, as JSON.") { call in
        call.output.write(try await call.admin.get("/api/v1/memories/export").prettyText + "\n")
    }

    private static func table(_ memories: [JSONValue], _ output: StandardStream) -> String {
        guard !memories.isEmpty else { return "Nothing is remembered.\n" }
        var table = TextTable(.left("MEMORY"), .left("KIND"), .left("SINCE"), .left("UNTIL"), .left("WHAT"))
        for memory in memories {
            func day(_ key: String) -> String { String((memory[key]?.string ?? "").prefix(10)) }
            table.add([
                .init(memory["id"]?.string ?? ""), .init(memory["kind"]?.string ?? ""), .init(day("valid_from")),
                .init(day("valid_to")), .init(PlainText.safe(memory["text"]?.string ?? "")),
            ])
        }
        return table.text(for: output)
    }
}
