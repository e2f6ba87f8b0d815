import Configuration
import JSONText
import Launch
import Vocabulary

/// `nexus budgets …`.
enum BudgetCommands {
    static let all = [list, set, remove]

    private static let id = Operand("budget", .one, "The budget's name.")
    private static let amount = CommandOption<Double>(
        "amount", .number(in: 0...1e16), "How much: money, or tokens with --tokens.")
    private static let inTokens = CommandOption<Bool>("tokens", .flag, "Count tokens instead of money.")
    private static let period = CommandOption<String>(
        "period", .text("PERIOD", bytesMax: 8), "day, week, month or total (default month).")
    private static let scope = CommandOption<String>(
        "for", .text("SCOPE", bytesMax: 16), "Each key, user, team or tenant, or everyone together (default user).")
    private static let subject = CommandOption<String>("only", .text("NAME", bytesMax: 256), "Only this one.")
    private static let isSoft = CommandOption<Bool>("soft", .flag, "Warn, and refuse nothing.")

    private static let list = AdminCommand("budgets list", "Show the budgets, and what was spent.") { call in
        call.show(try await call.admin.get("/api/v1/budgets")) { text($0["budgets"]?.array ?? [], call.output) }
    }

    private static let set = AdminCommand(
        "budgets set", "Set a budget, in place of the one with this name.", operands: [id],
        options: [
            amount.declared, inTokens.declared, period.declared, scope.declared, subject.declared, isSoft.declared,
        ]
    ) { call in
        let parsed = call.parsed
        guard let amount = parsed[amount] else {
            throw ServiceError(.invalidValue, "A budget needs --amount.", hint: "Such as --amount 20 --period month.")
        }
        var budget: JSONObject = ["hard": .bool(!parsed[isSoft])]
        budget["amount"] = parsed[inTokens] ? .integer(Int64(amount)) : .number(amount)
        if parsed[inTokens] { budget["unit"] = "tokens" }
        budget["period"] = parsed[period].map(JSONValue.string)
        budget["scope"] = parsed[scope].map(JSONValue.string)
        budget["subject"] = parsed[subject].map(JSONValue.string)
        call.show(try await call.admin.send("PUT", path(call), body: .object(budget))) { text([$0], call.output) }
    }

    private static let remove = AdminCommand("budgets rm", "Take a budget away.", operands: [id]) { call in
        call.show(try await call.admin.send("DELETE", path(call))) { _ in "The budget is gone.\n" }
    }

    private static func path(_ call: AdminCall) -> String {
        "/api/v1/budgets/\(AdminClient.escaped(call.parsed.operands[0]))"
    }

    static func text(_ budgets: [JSONValue], _ output: StandardStream) -> String {
        guard !budgets.isEmpty else { return "There are no budgets.\n" }
        var table = TextTable(
            .left("budget"), .left("for"), .right("amount"), .left("per"), .left(""), .right("spent"), .right("held"),
            .right("left"))
        for budget in budgets {
            let isMoney = budget["unit"]?.string != "tokens"
            func amount(_ value: JSONValue?) -> TextTable.Cell {
                .init(isMoney ? UsageCommands.money(value?.double ?? 0) : String(value?.integer ?? 0))
            }
            let scope = budget["scope"]?.string ?? ""
            let whom =
                budget["subject"]?.string.map { "\(scope) \($0)" } ?? (scope == "everyone" ? scope : "each \(scope)")
            let head = [
                TextTable.Cell(budget["id"]?.string ?? ""), .init(whom), amount(budget["amount"]),
                .init(budget["period"]?.string ?? ""), .init(budget["hard"]?.bool ?? true ? "" : "soft"),
            ]
            let accounts = budget["accounts"]?.array ?? []
            if accounts.isEmpty { table.add(head + [.init(""), .init(""), .init("")]) }
            for (index, account) in accounts.enumerated() {
                let name = account["subject"]?.string ?? ""
                var line = head
                if budget["subject"]?.string == nil, scope != "everyone" { line[1] = .init("\(scope) \(name)") }
                if index > 0 { line[0] = .init("") }
                table.add(line + [amount(account["spent"]), amount(account["reserved"]), amount(account["left"])])
            }
        }
        return table.text(for: output)
    }
}
