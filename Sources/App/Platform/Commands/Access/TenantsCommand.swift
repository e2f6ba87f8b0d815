import Configuration
import JSONText
import Launch

/// `nexus tenants …`: whose data, limits and caches are kept apart.
enum TenantsCommand {
    static let group = CommandGroup("tenants", "Tenants, whose data are kept apart")

    /// In the order of the help.
    static let all = [list, create, delete]

    private static let displayName = CommandOption<String>(
        "display-name", .text("NAME", bytesMax: 128), "As people see it.")

    private static let list = AdminCommand("tenants list", "Show tenants and their users.") { call in
        let answer = try await call.admin.get("/api/v1/tenants")
        let users = try await call.admin.get("/api/v1/users")["users"]?.array ?? []
        call.show(answer) { answer in
            let tenants = answer["tenants"]?.array ?? []
            guard !tenants.isEmpty else { return "There are no tenants; each user is one by themselves.\n" }
            var table = TextTable(.left("TENANT"), .left("NAME"), .left("USERS"))
            for tenant in tenants {
                let names = users.filter { $0["tenant"] == tenant["id"] }.compactMap { $0["name"]?.string }
                table.add([
                    .init(tenant["id"]?.string ?? ""), .init(tenant["display_name"]?.string ?? ""),
                    .init(names.sorted().joined(separator: ",")),
                ])
            }
            return table.text(for: call.output)
        }
    }

    private static let create = AdminCommand(
        "tenants create", "Make a tenant.", operands: [Operand("tenant", .one, "A short name; it never changes.")],
        options: [displayName.declared]
    ) { call in
        var body: JSONObject = ["id": .string(call.parsed.operands[0])]
        body["display_name"] = call.parsed[displayName].map(JSONValue.string)
        call.show(try await call.admin.post("/api/v1/tenants", .object(body))) { _ in "The tenant is made.\n" }
    }

    private static let delete = AdminCommand(
        "tenants delete", "Remove a tenant that no user is in.", operands: [Operand("tenant", .one, "The tenant's id.")]
    ) { call in
        let path = "/api/v1/tenants/" + AdminClient.escaped(call.parsed.operands[0])
        call.show(try await call.admin.send("DELETE", path)) { _ in "The tenant is removed.\n" }
    }
}
