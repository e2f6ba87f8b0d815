import Configuration
import JSONText
import Launch

/// `nexus routes …`: who answers to which name, and why.
enum RoutesCommand {
    static let group = CommandGroup("routes", "Who answers to which name")
    static let all = [list, set, explain, remove, history]

    private static let path = "/api/v1/routing"
    private static let name = Operand("name", .one, "The route's name; an ensemble's begins with ensemble:.")
    private static let note = CommandOption<String>(
        "note", .text("TEXT", bytesMax: 1_000), "Why, for the history.")
    private static let tags = CommandOption<String>(
        "tags", .text("TAG,…", bytesMax: 1_000), "Tags of the request.")
    private static let prefer = CommandOption<String>(
        "prefer", .text("MODEL", bytesMax: 128), "The model that the caller would rather have.")
    private static let caller = CommandOption<String>(
        "caller", .text("WHO", bytesMax: 256), "The caller, for canaries that stick.")
    private static let images = CommandOption<Int>("images", .integer(in: 0...1_000), "Images in the request.")

    // MARK: Commands

    private static let list = AdminCommand("routes list", "List routes and ensembles, and how deployments fare.") {
        call in
        let table = try await call.admin.get(path)
        let health = try await call.admin.get(path + "/deployments")
        guard !call.isJSON else { return call.show(table) { _ in "" } }
        call.output.write(text(of: table, health, for: call.output))
    }

    private static let set = AdminCommand(
        "routes set", "Make or replace a route: the names of its targets, or its JSON.",
        operands: [name, Operand("target", .many, "Deployments; or one JSON object, as the API takes it.")],
        options: [note.declared]
    ) { call in
        let targets = Array(call.parsed.operands.dropFirst())
        let body: JSONValue
        if targets.count == 1, targets[0].hasPrefix("{") {
            do { body = try JSONValue.parse(targets[0]) } catch {
                throw UsageError(problem: "The JSON cannot be read: \(error).", hint: "Put it in single quotes.")
            }
        } else {
            let own = place(of: call.parsed.operands[0])
            body = [own.isEnsemble ? "members" : "targets": .array(targets.map(JSONValue.string))]
        }
        let answer = try await call.admin.send(
            "PUT", place(of: call.parsed.operands[0]).path, query: ["note": call.parsed[note]], body: body)
        call.show(answer) { "The routes are at version \($0["version"]?.integer ?? 0).\n" }
    }

    private static let explain = AdminCommand(
        "routes explain", "Tell who would answer a request, and why. Nobody is asked.",
        operands: [
            Operand("model", .one, "The name that the request would have, such as auto."),
            Operand("prompt", .optional, "What would be asked."),
        ],
        options: [tags.declared, prefer.declared, caller.declared, images.declared]
    ) { call in
        var body: JSONObject = ["model": .string(call.parsed.operands[0])]
        if call.parsed.operands.count > 1 { body["prompt"] = .string(call.parsed.operands[1]) }
        body["tags"] = call.parsed[tags].map { .array($0.split(separator: ",").map { .string(String($0)) }) }
        body["prefer"] = call.parsed[prefer].map(JSONValue.string)
        body["caller"] = call.parsed[caller].map(JSONValue.string)
        body["images"] = call.parsed[images].map(JSONValue.whole)
        call.show(try await call.admin.post(path + "/explain", .object(body))) { explained($0, for: call.output) }
    }

    private static let remove = AdminCommand(
        "routes rm", "Remove a route that the API or a command made.", operands: [name], options: [note.declared]
    ) { call in
        let answer = try await call.admin.send(
            "DELETE", place(of: call.parsed.operands[0]).path, query: ["note": call.parsed[note]])
        call.show(answer) { "The routes are at version \($0["version"]?.integer ?? 0).\n" }
    }

    private static let history = AdminCommand("routes versions", "List the versions of the routes.") { call in
        call.show(try await call.admin.get(path + "/versions")) { answer in
            var table = TextTable(.right("VERSION"), .left("BY"), .left("NOTE"))
            for one in answer["versions"]?.array ?? [] {
                table.add([
                    TextTable.Cell(String(one["version"]?.integer ?? 0), .bold),
                    TextTable.Cell(one["author"]?.string ?? ""), TextTable.Cell(one["note"]?.string ?? ""),
                ])
            }
            return table.text(for: call.output)
        }
    }

    // MARK: Words

    private static func place(of name: String) -> (path: String, isEnsemble: Bool) {
        let mark = "ensemble:"
        guard name.hasPrefix(mark) else { return ("\(path)/routes/\(AdminClient.escaped(name))", false) }
        return ("\(path)/ensembles/\(AdminClient.escaped(String(name.dropFirst(mark.count))))", true)
    }

    private static func text(of table: JSONValue, _ health: JSONValue, for output: StandardStream) -> String {
        var rows = TextTable(.left("NAME"), .left("ANSWERS"), .left("HOW"), .left("FROM"))
        func names(_ value: JSONValue?) -> String {
            (value?.array ?? []).map { $0.string ?? $0["model"]?.string ?? "" }.joined(separator: ", ")
        }
        for (name, route) in table["routes"]?.object ?? [:] {
            let rules = ["tags", "tasks", "complexity", "canary", "mirror"].filter { route[$0] != nil }
            let how = [route["balance"]?.string ?? "ordered"] + rules
            rows.add([
                TextTable.Cell(name, .bold), TextTable.Cell(names(route["targets"])),
                TextTable.Cell(how.joined(separator: ", ")), TextTable.Cell(route["origin"]?.string ?? ""),
            ])
        }
        for (name, ensemble) in table["ensembles"]?.object ?? [:] {
            rows.add([
                TextTable.Cell("ensemble:" + name, .bold), TextTable.Cell(names(ensemble["members"])),
                TextTable.Cell(ensemble["method"]?.string ?? ""), TextTable.Cell(ensemble["origin"]?.string ?? ""),
            ])
        }
        var fares = TextTable(.left("DEPLOYMENT"), .left("BREAKER"), .right("ANSWERS"), .right("FIRST TOKEN"))
        for (name, one) in health["deployments"]?.object ?? [:] {
            let state = one["breaker"]?["state"]?.string ?? ""
            let time = one["first_token_ms"]?.double.map { "\(Int($0)) ms" } ?? "-"
            fares.add([
                TextTable.Cell(name, .bold), TextTable.Cell(state, state == "closed" ? .green : .red),
                TextTable.Cell(String(one["answers"]?.integer ?? 0)), TextTable.Cell(time),
            ])
        }
        let hasRoutes = !(table["routes"]?.object ?? [:]).isEmpty || !(table["ensembles"]?.object ?? [:]).isEmpty
        return (hasRoutes ? rows.text(for: output) : "No routes. nexus routes set NAME DEPLOYMENT makes one.\n") + "\n"
            + fares.text(for: output)
    }

    private static func explained(_ answer: JSONValue, for output: StandardStream) -> String {
        var lines: [String] = []
        func add(_ title: String, _ value: String?) {
            guard let value, !value.isEmpty else { return }
            let padding = String(repeating: " ", count: max(1, 14 - title.count))
            lines.append(output.styled(title, .dim) + padding + PlainText.safe(value))
        }
        func all(_ value: JSONValue?, _ separator: String) -> String {
            (value?.array ?? []).compactMap(\.string).joined(separator: separator)
        }
        add("answers", answer["chosen"]?.string ?? answer["ensemble"]?.string ?? "nobody")
        add("rule", answer["rule"]?.string)
        add("routes", all(answer["routes"], " → "))
        add("task", answer["task"].map { "\($0["name"]?.string ?? "") (\($0["source"]?.string ?? ""))" })
        add("complexity", answer["complexity"].map { "\($0["score"]?.double ?? 0) (\($0["tier"]?.string ?? ""))" })
        add("then", all(answer["order"].map { .array(Array(($0.array ?? []).dropFirst())) }, ", "))
        for candidate in answer["candidates"]?.array ?? [] {
            guard let reason = candidate["left_out"]?.string else { continue }
            add("left out", "\(candidate["model"]?.string ?? ""): \(reason)")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
