import Configuration
import Hardware
import JSONText
import Launch

/// `nexus models recommend`: models for a use that fit this machine, with reasons.
enum RecommendCommand {
    private static let use = CommandOption<String>(
        "use", short: "u", .text("USE", bytesMax: 16_384),
        "What for: \(UseCase.allCases.map(\.rawValue).joined(separator: ", ")), or some English words (default chat).")
    private static let context = CommandOption<String>(
        "context", .text("TOKENS", bytesMax: 16), "Tokens of context, such as 8192 or 32k.")
    private static let order = CommandOption<Wish.Order>(
        "order", .choice, "What counts first (default balanced: ability, as far as it is quick enough).")
    private static let isLocal = CommandOption<Bool>("local", .flag, "Only models that are here.")
    private static let limit = CommandOption<Int>("limit", .integer(in: 1...200), "How many (default 10).")

    static let command = AdminCommand(
        "models recommend", "Which models fit this machine, how fast they would be, and why.",
        options: [use.declared, context.declared, order.declared, isLocal.declared, limit.declared]
    ) { call in
        let parsed = call.parsed
        var body: JSONObject = ["use": .string(parsed[use] ?? UseCase.chat.rawValue)]
        body["context"] = parsed[context].map(JSONValue.string)
        body["order"] = parsed[order].map { .string($0.rawValue) }
        body["downloads"] = .bool(!parsed[isLocal])
        body["limit"] = .whole(parsed[limit] ?? 10)
        call.show(try await call.admin.post("/api/v1/models/recommend", .object(body))) { text($0, call.output) }
    }

    static func text(_ answer: JSONValue, _ output: StandardStream) -> String {
        let room = answer["room"]
        var text =
            "For \(answer["for"]?["use"]?.string ?? "?") with \(answer["context_tokens"]?.integer ?? 0) tokens of context, in "
            + "\(Figures.bytes(room?["bytes"]?.double ?? 0)) \(room?["place"]?.string ?? ""), "
            + "\(room?["threads"]?.integer ?? 0) cores:\n\n"
        var table = TextTable(
            .left("model"), .left("quantisation"), .right("memory"), .right("tokens/s"), .right("prompt/s"),
            .left("where"))
        let all = answer["recommendations"]?.array ?? []
        for one in all {
            let fits = one["fits"]?.bool ?? false
            table.add([
                TextTable.Cell(one["name"]?.string ?? "", fits ? nil : .dim),
                TextTable.Cell(one["quantization"]?.string ?? ""),
                TextTable.Cell(Figures.bytes(one["need_bytes"]?.double ?? 0), fits ? nil : .red),
                TextTable.Cell(speed(one["generation"])), TextTable.Cell(speed(one["prompt"])),
                TextTable.Cell(fits ? one["download"]?.string ?? "here" : "does not fit"),
            ])
        }
        text += all.isEmpty ? "Nothing.\n" : table.text(for: output)
        for one in all.prefix(3) {
            text += "\n" + PlainText.safe(one["name"]?.string ?? "") + "\n"
            for reason in one["reasons"]?.array ?? [] {
                text += "  - " + PlainText.safe(reason["text"]?.string ?? "") + "\n"
            }
            for other in one["alternatives"]?.array ?? [] {
                text += "  > " + PlainText.safe(other["text"]?.string ?? "") + "\n"
            }
        }
        for remark in answer["remarks"]?.array ?? [] { text += "\n" + PlainText.safe(remark.string ?? "") + "\n" }
        return text
    }

    private static func speed(_ value: JSONValue?) -> String {
        value?["tokens_per_second"]?.double.map { Figures.number($0) } ?? "-"
    }
}
