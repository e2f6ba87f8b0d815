import Configuration
import JSONText
import Launch
import Vocabulary

/// `nexus tenants …`: whose data, limits and caches are kept apart.
enum TenantsCommand {
    static let group = CommandGroup("tenants", "Tenants, whose data are kept apart")

    /// In the order of the help.
    static let all = [list, create, edit, delete]

    private static let displayName = CommandOption<String>(
        "display-name", .text("NAME", bytesMax: 128), "As people see it.")
    private static let weight = CommandOption<Double>(
        "weight", .number(in: SchedulingOptions.tenantWeights), "Its share of what is waited for; others have 1.")
    private static let noWeight = CommandOption<Bool>(
        "no-weight", .flag, "The share that the configuration says, or 1.")

    private static let list = AdminCommand("tenants list", "Show tenants and their users.") { call in
        let answer = try await call.admin.get("/api/v1/tenants")
        let users = try await call.admin.get("/api/v1/users")["users"]?.array ?? []
        call.show(answer) { answer in
            let tenants = answer["tenants"]?.array ?? []
            guard !tenants.isEmpty else { return "There are no tenants; each user is one by themselves.\n" }
            var table = TextTable(.left("TENANT"), .left("NAME"), .right("WEIGHT"), .left("USERS"))
            for tenant in tenants {
                let names = users.filter { $0["tenant"] == tenant["id"] }.compactMap { $0["name"]?.string }
                table.add([
                    .init(tenant["id"]?.string ?? ""), .init(tenant["display_name"]?.string ?? ""),
                    .init(text(tenant["weight"])), .init(names.sorted().joined(separator: ",")),
                ])
            }
            return table.text(for: call.output)
        }
    }

    private static let create = AdminCommand(
        "tenants create", "Make a tenant.", operands: [Operand("tenant", .one, "A short name; it never changes.")],
        options: [displayName.declared, weight.declared]
    ) { call in
        var body = members(call)
        body["id"] = .string(call.parsed.operands[0])
        call.show(try await call.admin.post("/api/v1/tenants", .object(body))) { _ in "The tenant is made.\n" }
    }

    private static let edit = AdminCommand(
        "tenants edit", "Change how a tenant is called, and its share of what is waited for.",
        operands: [Operand("tenant", .one, "The tenant's id.")],
        options: [displayName.declared, weight.declared, noWeight.declared]
    ) { call in
        var body = members(call)
        if call.parsed[noWeight] { body["weight"] = .null }
        guard !body.isEmpty else {
            throw ServiceError(.invalidValue, "Nothing is to be changed.", hint: "See nexus tenants edit --help.")
        }
        let path = "/api/v1/tenants/" + AdminClient.escaped(call.parsed.operands[0])
        call.show(try await call.admin.send("PATCH", path, body: .object(body))) { _ in "It is changed.\n" }
    }

    /// A weight as people write it.
    private static func text(_ weight: JSONValue?) -> String { (weight ?? 1).text }

    private static func members(_ call: AdminCall) -> JSONObject {
        var body = JSONObject()
        body["display_name"] = call.parsed[displayName].map(JSONValue.string)
        body["weight"] = call.parsed[weight].map(JSONValue.number)
        return body
    }

    private static let delete = AdminCommand(
        "tenants delete", "Remove a tenant that no user is in.", operands: [Operand("tenant", .one, "The tenant's id.")]
    ) { call in
        let path = "/api/v1/tenants/" + AdminClient.escaped(call.parsed.operands[0])
        call.show(try await call.admin.send("DELETE", path)) { _ in "The tenant is removed.\n" }
    }
}
