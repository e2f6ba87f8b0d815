import Configuration
import JSONText
import Launch
import Vocabulary

/// `nexus users …`: people.
enum UsersCommand {
    static let group = CommandGroup("users", "Users, and who administrates")

    /// In the order of the help.
    static let all = [list, create, edit, password, disable, enable, delete]

    private static let user = Operand("user", .one, "Name, e-mail address or id.")
    private static let role = CommandOption<Role>("role", .choice, "What they may do: viewer, user or admin.")
    private static let admin = CommandOption<Bool>("admin", .flag, "The same as --role admin.")
    private static let displayName = CommandOption<String>(
        "display-name", .text("NAME", bytesMax: 128), "As people see it.")
    private static let email = CommandOption<String>("email", .text("ADDRESS", bytesMax: 254), "E-mail address.")
    private static let tenant = CommandOption<String>(
        "tenant", .text("TENANT", bytesMax: 64), "Whose data and cached prompts are theirs; their own without it.")
    private static let models = CommandOption<String>(
        "models", .text("NAME,NAME", bytesMax: 4_096), "Models that they may ask; * stands for any characters.")
    private static let allModels = CommandOption<Bool>("all-models", .flag, "They may ask all models again.")
    private static let priority = CommandOption<Priority>(
        "priority-max", .choice, "The most urgent priority that they may ask for.")
    private static let weight = CommandOption<Double>(
        "weight", .number(in: SchedulingOptions.tenantWeights),
        "Their share of what is waited for, where their tenant is their own; others have 1.")
    private static let noWeight = CommandOption<Bool>(
        "no-weight", .flag, "The share that the configuration says, or 1.")
    private static let noPassword = CommandOption<Bool>(
        "no-password", .flag, "They cannot sign in with one: for who uses keys, or signs in elsewhere.")
    private static let noTOTP = CommandOption<Bool>("no-totp", .flag, "Take their second factor away, too.")

    private static let changes = [
        role.declared, displayName.declared, email.declared, tenant.declared, models.declared, priority.declared,
        weight.declared,
    ]

    private static let list = AdminCommand("users list", "Show users.") { call in
        let answer = try await call.admin.get("/api/v1/users")
        call.show(answer) { answer in
            let users = answer["users"]?.array ?? []
            guard !users.isEmpty else { return "There are no users: nobody has to sign in.\n" }
            var table = TextTable(
                .left("NAME"), .left("ROLE"), .left("STATE"), .left("TENANT"), .left("TEAMS"), .left("SIGN-IN"),
                .left("ID"))
            for user in users {
                let isDisabled = user["disabled"]?.bool ?? false
                let id = user["id"]?.string ?? ""
                let tenant = user["tenant"]?.string ?? ""
                table.add([
                    .init(user["name"]?.string ?? ""), .init(user["role"]?.string ?? ""),
                    isDisabled ? .init("disabled", .yellow) : .init("active", .green),
                    .init(tenant == id ? "own" : tenant),
                    .init((user["teams"]?.array ?? []).compactMap(\.string).joined(separator: ",")),
                    .init(signIn(user)), .init(id),
                ])
            }
            return table.text(for: call.output)
        }
    }

    private static func signIn(_ user: JSONValue) -> String {
        guard user["has_password"]?.bool ?? false else { return "no password" }
        return user["has_totp"]?.bool ?? false ? "password, code" : "password"
    }

    private static let create = AdminCommand(
        "users create",
        "Make a user; the password is asked for, or read from standard input. The first one switches sign-in on.",
        operands: [Operand("name", .one, "What they sign in with.")],
        options: changes + [admin.declared, noPassword.declared]
    ) { call in
        var body = members(call)
        body["name"] = .string(call.parsed.operands[0])
        if call.parsed[admin] { body["role"] = "admin" }
        if !call.parsed[noPassword] { body["password"] = .string(try await PasswordQuestion.ask()) }
        call.show(try await call.admin.post("/api/v1/users", .object(body))) { user in
            "User \(PlainText.safe(user["name"]?.string ?? "")) (\(user["role"]?.string ?? "")) is made.\n"
        }
    }

    private static let edit = AdminCommand(
        "users edit", "Change a user.", operands: [user],
        options: changes + [admin.declared, allModels.declared, noWeight.declared]
    ) { call in
        var body = members(call)
        if call.parsed[admin] { body["role"] = "admin" }
        if call.parsed[allModels] { body["models"] = .null }
        if call.parsed[noWeight] { body["weight"] = .null }
        guard !body.isEmpty else {
            throw ServiceError(.invalidValue, "Nothing is to be changed.", hint: "See nexus users edit --help.")
        }
        call.show(try await call.admin.send("PATCH", path(call), body: .object(body))) { _ in "It is changed.\n" }
    }

    private static let password = AdminCommand(
        "users password", "Set a user's password; their sessions end.", operands: [user],
        options: [noPassword.declared, noTOTP.declared]
    ) { call in
        let password: JSONValue = call.parsed[noPassword] ? .null : .string(try await PasswordQuestion.ask())
        var answer = try await call.admin.send("PUT", path(call) + "/password", body: ["password": password])
        if call.parsed[noTOTP] { answer = try await call.admin.send("DELETE", path(call) + "/totp") }
        call.show(answer) { _ in "The password is set, and all sessions have ended.\n" }
    }

    private static let disable = AdminCommand(
        "users disable", "Let a user in no more: sessions end, keys are refused.", operands: [user]
    ) { call in
        call.show(try await call.admin.send("PATCH", path(call), body: ["disabled": true])) { _ in
            "The user is disabled.\n"
        }
    }

    private static let enable = AdminCommand("users enable", "Let a user in again.", operands: [user]) { call in
        call.show(try await call.admin.send("PATCH", path(call), body: ["disabled": false])) { _ in
            "The user is enabled.\n"
        }
    }

    private static let delete = AdminCommand(
        "users delete", "Remove a user with keys and sessions.", operands: [user]
    ) { call in
        call.show(try await call.admin.send("DELETE", path(call))) { _ in "The user is removed.\n" }
    }

    private static func path(_ call: AdminCall) -> String {
        "/api/v1/users/" + AdminClient.escaped(call.parsed.operands[0])
    }

    private static func members(_ call: AdminCall) -> JSONObject {
        let parsed = call.parsed
        var body = JSONObject()
        body["role"] = parsed[role].map { .string($0.rawValue) }
        body["display_name"] = parsed[displayName].map(JSONValue.string)
        body["email"] = parsed[email].map(JSONValue.string)
        body["tenant"] = parsed[tenant].map(JSONValue.string)
        body["models"] = parsed[models].map(CommaWords.json)
        body["priority_max"] = parsed[priority].map { .string($0.rawValue) }
        body["weight"] = parsed[weight].map(JSONValue.number)
        return body
    }
}

/// `a, b` as a list.
enum CommaWords {
    static func json(_ text: String) -> JSONValue {
        .array(
            text.split(separator: ",").map { $0.trimmingPrefix { $0 == " " } }.filter { !$0.isEmpty }
                .map { .string(String($0)) })
    }
}
