import Configuration
import JSONText
import Launch
import Vocabulary

/// `nexus limits …`: each command reads the limits, changes one, and sets them all.
enum LimitCommands {
    static let all = [list, set, remove]

    private static let id = Operand("limit", .one, "The limit's name.")
    private static let amount = CommandOption<Int>("amount", .integer(in: 1...(1 << 52)), "How much.")
    private static let per = CommandOption<String>(
        "per", .text("TIME", bytesMax: 8), "In which time: second, minute, hour or day (default hour).")
    private static let burst = CommandOption<Int>(
        "burst", .integer(in: 1...(1 << 52)),
        "How much at once: a bucket that fills up, instead of whole hours and days.")
    private static let scope = CommandOption<String>(
        "for", .text("SCOPE", bytesMax: 16),
        "Each key, user, team, tenant, ip or model, or everyone together (default user).")
    private static let subject = CommandOption<String>("only", .text("NAME", bytesMax: 256), "Only this one.")
    private static let model = CommandOption<String>(
        "model", .text("NAME", bytesMax: 256), "Only requests for these models; * stands for any characters.")
    private static let resource = CommandOption<String>(
        "of", .text("RESOURCE", bytesMax: 16),
        "requests, input_tokens, output_tokens or cost in billionths (default requests).")
    private static let isAdaptive = CommandOption<Bool>(
        "adaptive", .flag, "Less while the model's servers are overloaded; for model buckets.")

    private static let list = AdminCommand("limits list", "Show the limits.") { call in
        call.show(try await call.admin.get("/api/v1/limits")) { text($0, call.output) }
    }

    private static let set = AdminCommand(
        "limits set", "Set a limit, in place of the one with this name.", operands: [id],
        options: [
            amount.declared, per.declared, burst.declared, scope.declared, subject.declared, model.declared,
            resource.declared, isAdaptive.declared,
        ]
    ) { call in
        let parsed = call.parsed
        guard let amount = parsed[amount] else {
            throw ServiceError(.invalidValue, "A limit needs --amount.", hint: "Such as --amount 100 --per hour.")
        }
        var limit: JSONObject = [
            "id": .string(parsed.operands[0]), "amount": .whole(amount), "per": .string(parsed[per] ?? "hour"),
        ]
        limit["burst"] = parsed[burst].map { .whole($0) }
        limit["scope"] = parsed[scope].map(JSONValue.string)
        limit["subject"] = parsed[subject].map(JSONValue.string)
        limit["model"] = parsed[model].map(JSONValue.string)
        limit["resource"] = parsed[resource].map(JSONValue.string)
        if parsed[isAdaptive] { limit["adaptive"] = true }
        let others = try await others(than: parsed.operands[0], call)
        call.show(try await put(others + [.object(limit)], call)) { text($0, call.output) }
    }

    private static let remove = AdminCommand("limits rm", "Take a limit away.", operands: [id]) { call in
        let before = try await call.admin.get("/api/v1/limits")["limits"]?.array ?? []
        let others = try await others(than: call.parsed.operands[0], call)
        guard others.count < before.count else {
            throw ServiceError(
                .notFound, "There is no limit '\(call.parsed.operands[0])'.", hint: "`nexus limits list` shows them.")
        }
        call.show(try await put(others, call)) { text($0, call.output) }
    }

    private static func others(than id: String, _ call: AdminCall) async throws -> [JSONValue] {
        (try await call.admin.get("/api/v1/limits")["limits"]?.array ?? []).filter { $0["id"]?.string != id }
            .map { limit in
                // What is not there is told as null, and cannot be sent so.
                .object(
                    JSONObject((limit.object ?? JSONObject()).filter { !$0.value.isNull }.map { ($0.key, $0.value) }))
            }
    }

    private static func put(_ limits: [JSONValue], _ call: AdminCall) async throws -> JSONValue {
        try await call.admin.send("PUT", "/api/v1/limits", body: ["limits": .array(limits)])
    }

    static func text(_ answer: JSONValue, _ output: StandardStream) -> String {
        let (limits, defaults) = (answer["limits"]?.array ?? [], answer["defaults"]?.array ?? [])
        guard !limits.isEmpty || !defaults.isEmpty else { return "Nothing is limited.\n" }
        var table = TextTable(
            .left("limit"), .left("for"), .left("model"), .left("of"), .right("amount"), .left("per"), .right("at once")
        )
        for (limit, isDefault) in limits.map({ ($0, false) }) + defaults.map({ ($0, true) }) {
            let scope = limit["scope"]?.string ?? ""
            let whom =
                limit["subject"]?.string.map { "\(scope) \($0)" } ?? (scope == "everyone" ? scope : "each \(scope)")
            table.add([
                .init(limit["id"]?.string ?? "", isDefault ? .dim : nil), .init(whom),
                .init(limit["model"]?.string ?? "*"), .init(limit["resource"]?.string ?? ""),
                .init(String(limit["amount"]?.integer ?? 0)), .init(limit["per"]?.string ?? ""),
                .init(limit["burst"]?.integer.map { String($0) } ?? ""),
            ])
        }
        return table.text(for: output)
    }
}
