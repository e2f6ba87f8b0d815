public import Gateway
public import HTTPServing
import JSONText
import RequestScope
import Telemetry
import Vocabulary

/// Where budgets are kept.
public protocol BudgetKeeping: Sendable {
    func budgets() async throws -> [Budget]
    func set(_ budget: Budget) async throws
    /// - Returns: whether there was one.
    func removeBudget(_ id: String) async throws -> Bool
    /// The accounts of the present period, most used first.
    func accounts(of budget: Budget) async throws -> [(subject: String, account: BudgetAccount)]
    /// Seconds since 1970.
    func now() -> Int64
}

/// `/api/v1/budgets`: who may spend how much, and what was spent. Whoever is no admin sees their own.
public struct BudgetRoutes: Sendable {
    private let keeping: any BudgetKeeping

    public init(_ keeping: any BudgetKeeping) { self.keeping = keeping }

    public var routes: [HTTPServing.Route] {
        [
            HTTPServing.Route(.get, "/api/v1/budgets", Self.list) { _ in
                var found: [JSONValue] = []
                for budget in try await keeping.budgets() {
                    let shown = try await json(budget)
                    if Self.isAdmin || !(shown["accounts"]?.array ?? []).isEmpty { found.append(.object(shown)) }
                }
                return .json(["budgets": .array(found)])
            },
            HTTPServing.Route(.put, "/api/v1/budgets/{id}", Self.replace, bodyBytesMax: 64 << 10) { request in
                let budget: Budget
                do {
                    budget = try Budget(
                        id: request.parameters.string("id"), json: try JSONField.body(try await request.body.collect()))
                } catch {
                    throw ServiceError(reading: error)
                }
                let before = try await keeping.budgets()
                guard before.count < Budget.countMax || before.contains(where: { $0.id == budget.id }) else {
                    throw ServiceError(.conflict, "There are \(Budget.countMax) budgets already.", hint: "Delete some.")
                }
                try await keeping.set(budget)
                return .json(.object(try await json(budget)))
            },
            HTTPServing.Route(.delete, "/api/v1/budgets/{id}", Self.remove) { request in
                let id = request.parameters.string("id")
                guard try await keeping.removeBudget(id) else {
                    throw ServiceError(
                        .notFound, "There is no budget with this id.", hint: "GET /api/v1/budgets lists them.")
                }
                return .json(["id": .string(id), "deleted": true])
            },
        ]
    }

    private static var isAdmin: Bool { (Principal.current ?? .open).role == .admin }

    private func json(_ budget: Budget) async throws -> JSONObject {
        let caller = LimitCaller(principal: Principal.current ?? .open, address: "", model: "")
        let own = caller.subjects(of: budget.scope)
        let accounts = try await keeping.accounts(of: budget).filter { Self.isAdmin || own.contains($0.subject) }
        let end = budget.period.end(of: keeping.now())
        return [
            "id": .string(budget.id), "scope": .string(budget.scope.rawValue),
            "subject": budget.subject.map(JSONValue.string) ?? .null, "unit": .string(budget.unit.rawValue),
            "amount": budget.shown(budget.amount), "period": .string(budget.period.rawValue),
            "hard": .bool(budget.isHard),
            "resets_at": end.map { .string(UnixTime(seconds: $0).rfc3339) } ?? .null,
            "accounts": .array(
                accounts.map { subject, account in
                    [
                        "subject": .string(subject), "spent": budget.shown(account.spent),
                        "reserved": budget.shown(account.reserved),
                        "left": budget.shown(account.left(of: budget.amount)),
                    ]
                }),
        ]
    }
}

extension Budget {
    /// Money as a number of the currency, tokens as they are.
    func shown(_ amount: Int64) -> JSONValue {
        unit == .cost ? .number(Money(nanos: amount).amount) : .integer(amount)
    }

    init(id: String, json: JSONField) throws {
        let scope: LimitScope? = try json.choice("scope")
        let unit: BudgetUnit? = try json.choice("unit")
        let period: BudgetPeriod? = try json.choice("period")
        let field = try json.required("amount")
        let amount: Int64
        if unit == .tokens {
            amount = Int64(try field.integer(in: 0...Int(Self.amountMax)))
        } else {
            guard let number = field.value.double, number >= 0, let money = Money(number), money.nanos <= Self.amountMax
            else { throw field.fail("is a number from 0 to 9000000") }
            amount = money.nanos
        }
        do {
            try self.init(
                id: id, scope: scope ?? .user, subject: json.optional("subject")?.keptText(bytesIn: 1...256),
                unit: unit ?? .cost, amount: amount, period: period ?? .month,
                isHard: json.optional("hard")?.bool() ?? true)
        } catch let error as LimitRuleError {
            throw ServiceError(.invalidValue, error.message, parameter: error.field)
        }
    }

    static let schema: JSONValue = [
        "type": "object", "required": ["amount"],
        "properties": [
            "scope": ["enum": ["key", "user", "team", "tenant", "everyone"], "default": "user"],
            "subject": ["type": ["string", "null"]], "unit": ["enum": ["cost", "tokens"], "default": "cost"],
            "amount": ["type": "number", "minimum": 0],
            "period": ["enum": .array(BudgetPeriod.allCases.map { .string($0.rawValue) }), "default": "month"],
            "hard": ["type": "boolean", "default": true],
        ],
    ]
}

// MARK: Descriptions

extension BudgetRoutes {
    private static let list = RouteDescription(
        operation: "listBudgets", summary: "Budgets, and what was spent of each in its present period.",
        tags: ["budgets"],
        responses: [
            .init(.ok, nil, .json(LimitShapes.budgets))
        ], permission: "usage.read")

    private static let replace = RouteDescription(
        operation: "setBudget", summary: "Sets a budget. What was spent of it stays spent.", tags: ["budgets"],
        parameters: [.init("id", in: .path, summary: "Its name: letters, digits, -, _ and .")],
        requestBodies: [.json(Budget.schema)],
        responses: [.init(.ok, nil, .json(LimitShapes.budget)), .init(.badRequest), .init(.conflict)],
        permission: "budgets.write")

    private static let remove = RouteDescription(
        operation: "deleteBudget", summary: "Takes a budget away: what it stood for is not limited by it any more.",
        tags: ["budgets"], parameters: [.init("id", in: .path, summary: "Its name.")],
        responses: [.init(.ok, nil, .json(ModelShapes.removal)), .init(.notFound)], permission: "budgets.write")
}
