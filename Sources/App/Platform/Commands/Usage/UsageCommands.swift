import Configuration
import JSONText
import Launch

/// `nexus usage`, `nexus limits …`, `nexus budgets …`: who has used how much, and who may.
enum UsageCommands {
    static let groups = [
        CommandGroup("limits", "How much callers may ask"), CommandGroup("budgets", "How much callers may spend"),
    ]
    /// In the order of the help.
    static let all = [usage] + LimitCommands.all + BudgetCommands.all

    private static let span = CommandOption<String>(
        "by", .text("SPAN", bytesMax: 8), "A line for each hour, day or week (default: one for all of the time).")
    private static let group = CommandOption<String>(
        "group", .text("NAMES", bytesMax: 128),
        "What to tell apart, with commas between: tenant, team, user, key, model, endpoint, tag (default model).")
    private static let from = CommandOption<String>(
        "from", .text("TIME", bytesMax: 32), "A day (2026-11-21) or a time (default 30 days ago).")
    private static let to = CommandOption<String>("to", .text("TIME", bytesMax: 32), "Likewise (default now).")
    private static let model = CommandOption<String>("model", .text("NAME", bytesMax: 256), "Only this model.")
    private static let user = CommandOption<String>("user", .text("ID", bytesMax: 256), "Only this user.")

    private static let usage = AdminCommand(
        "usage", "Show requests, tokens and cost.",
        options: [span.declared, group.declared, from.declared, to.declared, model.declared, user.declared]
    ) { call in
        let names = call.parsed[group] ?? "model"
        let answer = try await call.admin.get(
            "/api/v1/usage",
            query: [
                "by": call.parsed[span], "group": names, "from": call.parsed[from], "to": call.parsed[to],
                "model": call.parsed[model], "user": call.parsed[user],
            ])
        call.show(answer) { text($0, names.split(separator: ",").map(String.init), call.output) }
    }

    static func text(_ answer: JSONValue, _ names: [String], _ output: StandardStream) -> String {
        let rows = answer["usage"]?.array ?? []
        guard !rows.isEmpty else { return "Nothing was used.\n" }
        let hasStart = answer["by"]?.string != nil
        var columns: [TextTable.Column] = hasStart ? [.left("from")] : []
        columns += names.map { .left($0) }
        columns += [
            .right("requests"), .right("failed"), .right("refused"), .right("in"), .right("cached"), .right("out"),
            .right("engine s"), .right("cost"),
        ]
        var table = TextTable(columns)
        func cells(_ row: JSONValue) -> [TextTable.Cell] {
            func number(_ name: String) -> TextTable.Cell { .init(String(row[name]?.integer ?? 0)) }
            return [
                number("requests"), number("failures"), number("refusals"), number("input_tokens"),
                number("cached_tokens"), number("output_tokens"),
                .init(UsageCommands.seconds(row["engine_microseconds"]?.double ?? 0)),
                .init(money(row["cost"]?.double ?? 0)),
            ]
        }
        for row in rows {
            let start = hasStart ? [TextTable.Cell(String((row["start"]?.string ?? "").prefix(16)))] : []
            table.add(start + names.map { .init(row[$0]?.string ?? "") } + cells(row))
        }
        if rows.count > 1, let total = answer["total"] {
            let blank = Array(repeating: TextTable.Cell(""), count: max(0, names.count + (hasStart ? 1 : 0) - 1))
            table.add([TextTable.Cell("total")] + blank + cells(total))
        }
        return table.text(for: output)
    }

    private static func seconds(_ microseconds: Double) -> String {
        let tenths = Int64((microseconds / 100_000).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    /// Six decimal places, as single requests cost little.
    static func money(_ amount: Double) -> String {
        let millionths = Int64((amount * 1_000_000).rounded())
        let digits = String(millionths % 1_000_000)
        return "\(millionths / 1_000_000)." + String(repeating: "0", count: 6 - digits.count) + digits
    }
}
