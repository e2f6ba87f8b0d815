import Configuration
import JSONText
import Launch

/// `nexus teams …`: who works together.
enum TeamsCommand {
    static let group = CommandGroup("teams", "Teams of users")

    /// In the order of the help.
    static let all = [list, create, add, remove, delete]

    private static let team = Operand("team", .one, "The team's id.")
    private static let user = Operand("user", .one, "Name, e-mail address or id.")
    private static let displayName = CommandOption<String>(
        "display-name", .text("NAME", bytesMax: 128), "As people see it.")

    private static let list = AdminCommand("teams list", "Show teams and their members.") { call in
        let answer = try await call.admin.get("/api/v1/teams")
        let users = try await call.admin.get("/api/v1/users")["users"]?.array ?? []
        call.show(answer) { answer in
            let teams = answer["teams"]?.array ?? []
            guard !teams.isEmpty else { return "There are no teams.\n" }
            var table = TextTable(.left("TEAM"), .left("NAME"), .left("MEMBERS"))
            for team in teams {
                let members = (team["members"]?.array ?? []).map { id in
                    users.first { $0["id"] == id }?["name"]?.string ?? id.string ?? ""
                }
                table.add([
                    .init(team["id"]?.string ?? ""), .init(team["display_name"]?.string ?? ""),
                    .init(members.sorted().joined(separator: ",")),
                ])
            }
            return table.text(for: call.output)
        }
    }

    private static let create = AdminCommand(
        "teams create", "Make a team.", operands: [Operand("team", .one, "A short name; it never changes.")],
        options: [displayName.declared]
    ) { call in
        var body: JSONObject = ["id": .string(call.parsed.operands[0])]
        body["display_name"] = call.parsed[displayName].map(JSONValue.string)
        call.show(try await call.admin.post("/api/v1/teams", .object(body))) { _ in "The team is made.\n" }
    }

    private static let add = AdminCommand(
        "teams add", "Put a user into a team.", operands: [team, user]
    ) { call in
        call.show(try await call.admin.send("PUT", member(call))) { _ in "The user is in the team.\n" }
    }

    private static let remove = AdminCommand(
        "teams remove", "Take a user out of a team.", operands: [team, user]
    ) { call in
        call.show(try await call.admin.send("DELETE", member(call))) { _ in "The user is out of the team.\n" }
    }

    private static let delete = AdminCommand("teams delete", "Remove a team; its members stay.", operands: [team]) {
        call in
        call.show(try await call.admin.send("DELETE", path(call))) { _ in "The team is removed.\n" }
    }

    private static func path(_ call: AdminCall) -> String {
        "/api/v1/teams/" + AdminClient.escaped(call.parsed.operands[0])
    }

    private static func member(_ call: AdminCall) -> String {
        path(call) + "/members/" + AdminClient.escaped(call.parsed.operands[1])
    }
}
