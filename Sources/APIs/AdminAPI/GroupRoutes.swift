public import Access
public import HTTPServing
import JSONText
import Vocabulary

/// `/api/v1/teams`, `/tenants` and `/roles`.
public struct GroupRoutes: Sendable {
    private let accounts: Accounts

    public init(_ accounts: Accounts) { self.accounts = accounts }

    private static let team = "/api/v1/teams/{team}"
    private static let tenant = "/api/v1/tenants/{tenant}"
    private static let bodyBytesMax = 64 << 10

    public var routes: [Route] { teamRoutes + tenantRoutes + roleRoutes }

    private var teamRoutes: [Route] {
        [
            Route(.get, "/api/v1/teams", Self.listTeams) { _ in
                .json(["teams": .array(accounts.teams().map(\.json))])
            },
            Route(.post, "/api/v1/teams", Self.createTeam, bodyBytesMax: Self.bodyBytesMax) { request in
                let (id, name) = try await Self.naming(request)
                return .json(
                    try await accounts.createTeam(id, displayName: name, by: request.caller).json, status: .created)
            },
            Route(.get, Self.team, Self.showTeam) { request in
                .json(try accounts.team(request.parameters.string("team")).json)
            },
            Route(.patch, Self.team, Self.editTeam, bodyBytesMax: Self.bodyBytesMax) { request in
                let name = try await request.read(["display_name"]) { body throws(JSONFieldError) in
                    try body.optional("display_name")?.shortText()
                }
                let team = try await accounts.editTeam(
                    request.parameters.string("team"), displayName: name, by: request.caller)
                return .json(team.json)
            },
            Route(.delete, Self.team, Self.removeTeam) { request in
                let id = request.parameters.string("team")
                try await accounts.removeTeam(id, by: request.caller)
                return .json(["id": .string(id), "deleted": true])
            },
            Route(.put, Self.team + "/members/{user}", Self.addMember) { request in
                let user = try accounts.user(request.parameters.string("user"))
                let team = try await accounts.editTeam(
                    request.parameters.string("team"), adding: [user.id], by: request.caller)
                return .json(team.json)
            },
            Route(.delete, Self.team + "/members/{user}", Self.removeMember) { request in
                let user = try accounts.user(request.parameters.string("user"))
                let team = try await accounts.editTeam(
                    request.parameters.string("team"), removing: [user.id], by: request.caller)
                return .json(team.json)
            },
        ]
    }

    private var tenantRoutes: [Route] {
        [
            Route(.get, "/api/v1/tenants", Self.listTenants) { _ in
                .json(["tenants": .array(accounts.tenants().map(json))])
            },
            Route(.post, "/api/v1/tenants", Self.createTenant, bodyBytesMax: Self.bodyBytesMax) { request in
                let (id, name, weight) = try await request.read(["id", "display_name", "weight"]) {
                    body throws(JSONFieldError) in
                    (
                        try body.required("id").shortText(), try body.optional("display_name")?.shortText(),
                        try body.optional("weight")?.weight()
                    )
                }
                let tenant = try await accounts.createTenant(
                    id, displayName: name, weight: weight, by: request.caller)
                return .json(json(tenant), status: .created)
            },
            Route(.patch, Self.tenant, Self.editTenant, bodyBytesMax: Self.bodyBytesMax) { request in
                let (name, weight) = try await request.read(["display_name", "weight"]) {
                    body throws(JSONFieldError) in
                    (try body.optional("display_name")?.shortText(), try body.changedWeight())
                }
                let tenant = try await accounts.editTenant(
                    TenantID(request.parameters.string("tenant")), displayName: name, weight: weight,
                    by: request.caller)
                return .json(json(tenant))
            },
            Route(.delete, Self.tenant, Self.removeTenant) { request in
                let id = request.parameters.string("tenant")
                try await accounts.removeTenant(TenantID(id), by: request.caller)
                return .json(["id": .string(id), "deleted": true])
            },
        ]
    }

    private var roleRoutes: [Route] {
        [
            Route(.get, "/api/v1/roles", Self.listRoles) { _ in .json(table) },
            Route(.put, "/api/v1/roles/{role}/models", Self.setRoleModels, bodyBytesMax: Self.bodyBytesMax) { request in
                guard let role = Role(rawValue: request.parameters.string("role")) else {
                    throw ServiceError(
                        .notFound, "There is no such role.",
                        hint: "Roles: \(Role.allCases.map(\.rawValue).joined(separator: ", ")).")
                }
                let models = try await request.read(["models"]) { body throws(JSONFieldError) in
                    try body.optional("models")?.names()
                }
                try await accounts.setRoleModels(role, models, by: request.caller)
                return .json(table)
            },
        ]
    }

    private func json(_ tenant: Tenant) -> JSONValue { tenant.json(weight: accounts.weight(of: tenant)) }

    /// Roles with their models, and permissions with the roles that have them.
    private var table: JSONValue {
        let models = accounts.roleModels()
        return [
            "roles": .array(
                Role.allCases.map { role in
                    [
                        "role": .string(role.rawValue),
                        "models": models[role].map { .array($0.map(JSONValue.string)) } ?? .null,
                    ]
                }),
            "permissions": .array(
                PermissionTable.all.map { permission in
                    [
                        "permission": .string(permission.name), "summary": .string(permission.summary),
                        "roles": .array(
                            Role.allCases.filter { $0 >= permission.least }.map { .string($0.rawValue) }),
                    ]
                }),
        ]
    }

    private static func naming(_ request: HTTPRequest) async throws -> (String, String?) {
        try await request.read(["id", "display_name"]) { body throws(JSONFieldError) in
            (try body.required("id").shortText(), try body.optional("display_name")?.shortText())
        }
    }
}

// MARK: Descriptions

extension GroupRoutes {
    private static let teamName = RouteDescription.Parameter("team", in: .path, summary: "The team's id.")
    private static let tenantName = RouteDescription.Parameter("tenant", in: .path, summary: "The tenant's id.")
    private static let member = RouteDescription.Parameter("user", in: .path, summary: "Id, name or e-mail address.")
    private static let naming = AccessSchemas.object(
        [
            "id": ["type": "string", "description": "Short, in lower case; it never changes."],
            "display_name": AccessSchemas.text,
        ], required: ["id"])

    private static func describe(
        _ operation: String, _ summary: String, _ permission: String,
        parameters: [RouteDescription.Parameter] = [], body: JSONValue? = nil, answer: JSONValue,
        status: HTTPStatus = .ok
    ) -> RouteDescription {
        AccessSchemas.route(
            operation, summary, permission: permission, tag: String(permission.prefix { $0 != "." }),
            parameters: parameters, body: body, answer: answer, status: status)
    }

    private static let listTeams = describe(
        "listTeams", "All teams.", "teams.read", answer: AccessSchemas.list("teams", AccessSchemas.team))
    private static let createTeam = describe(
        "createTeam", "Makes a team.", "teams.write", body: naming, answer: AccessSchemas.team, status: .created)
    private static let showTeam = describe(
        "getTeam", "One team.", "teams.read", parameters: [teamName], answer: AccessSchemas.team)
    private static let editTeam = describe(
        "editTeam", "Changes how a team is called.", "teams.write", parameters: [teamName],
        body: AccessSchemas.object(["display_name": AccessSchemas.text]), answer: AccessSchemas.team)
    private static let removeTeam = describe(
        "deleteTeam", "Removes a team; its members stay.", "teams.write", parameters: [teamName],
        answer: ModelShapes.removal)
    private static let addMember = describe(
        "addTeamMember", "Puts a user into a team.", "teams.write", parameters: [teamName, member],
        answer: AccessSchemas.team)
    private static let removeMember = describe(
        "removeTeamMember", "Takes a user out of a team.", "teams.write", parameters: [teamName, member],
        answer: AccessSchemas.team)
    private static let listTenants = describe(
        "listTenants", "All tenants that several users may share.", "tenants.read",
        answer: AccessSchemas.list("tenants", AccessSchemas.tenant))
    private static let createTenant = describe(
        "createTenant", "Makes a tenant.", "tenants.write",
        body: AccessSchemas.object(
            [
                "id": ["type": "string", "description": "Short, in lower case; it never changes."],
                "display_name": AccessSchemas.text, "weight": AccessSchemas.weight,
            ], required: ["id"]), answer: AccessSchemas.tenant, status: .created)
    private static let editTenant = describe(
        "editTenant", "Changes how a tenant is called, and its share of what is waited for.", "tenants.write",
        parameters: [tenantName],
        body: AccessSchemas.object(["display_name": AccessSchemas.text, "weight": AccessSchemas.weight]),
        answer: AccessSchemas.tenant)
    private static let removeTenant = describe(
        "deleteTenant", "Removes a tenant that no user has.", "tenants.write",
        parameters: [tenantName], answer: ModelShapes.removal)
    private static let listRoles = describe(
        "listRoles", "Who may do what.", "roles.read", answer: AccessSchemas.roleTable)
    private static let setRoleModels = describe(
        "setRoleModels", "Sets the models that everybody of a role may ask; `null` for all.", "users.write",
        parameters: [
            .init("role", in: .path, summary: "The role.", schema: AccessSchemas.role)
        ], body: AccessSchemas.object(["models": AccessSchemas.optionalTexts]), answer: AccessSchemas.roleTable)
}
