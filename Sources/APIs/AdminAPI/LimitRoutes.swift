public import Gateway
public import HTTPServing
import JSONText
import RequestScope
public import Vocabulary

/// Where limits, budgets and prices are kept.
public protocol LimitKeeping: Sendable {
    func rules() async throws -> (set: [LimitRule], defaults: [LimitRule])
    /// Replaces those that were set.
    func set(_ rules: [LimitRule]) async throws
    /// How the limits of a caller stand, those of single models aside.
    func standings(of principal: Principal) async -> [LimitStanding]
    func prices() async throws -> (set: [PriceTable.Entry], all: [PriceTable.Entry])
    func set(_ prices: [PriceTable.Entry]) async throws
}

/// `/api/v1/limits` and `/api/v1/prices`.
public struct LimitRoutes: Sendable {
    private let keeping: any LimitKeeping

    public init(_ keeping: any LimitKeeping) { self.keeping = keeping }

    public var routes: [HTTPServing.Route] {
        [
            HTTPServing.Route(.get, "/api/v1/limits", Self.list) { _ in try await shown() },
            HTTPServing.Route(.put, "/api/v1/limits", Self.replace, bodyBytesMax: 256 << 10) { request in
                let rules: [LimitRule]
                do {
                    let body = try JSONField.body(try await request.body.collect())
                    rules = try body.required("limits").elements(countMax: LimitRule.countMax).map(
                        LimitRule.init(json:))
                } catch {
                    throw ServiceError(reading: error)
                }
                guard Set(rules.map(\.id)).count == rules.count else {
                    throw ServiceError(.invalidValue, "Two limits have the same id.", parameter: "limits")
                }
                try await keeping.set(rules)
                return try await shown()
            },
            HTTPServing.Route(.get, "/api/v1/limits/mine", Self.mine) { _ in
                let standings = await keeping.standings(of: Principal.current ?? .open)
                return .json(["limits": .array(standings.map { .object($0.json) })])
            },
            HTTPServing.Route(.get, "/api/v1/prices", Self.prices) { _ in .json(try await shownPrices()) },
            HTTPServing.Route(.put, "/api/v1/prices", Self.replacePrices, bodyBytesMax: 256 << 10) { request in
                let prices: [PriceTable.Entry]
                do {
                    let body = try JSONField.body(try await request.body.collect())
                    prices = try body.required("prices").elements(countMax: PriceTable.countMax)
                        .map(PriceTable.Entry.init(json:))
                } catch {
                    throw ServiceError(reading: error)
                }
                guard Set(prices.map(\.model)).count == prices.count else {
                    throw ServiceError(.invalidValue, "A model has two prices.", parameter: "prices")
                }
                try await keeping.set(prices)
                return .json(try await shownPrices())
            },
        ]
    }

    private func shown() async throws -> HTTPResponse {
        let (rules, defaults) = try await keeping.rules()
        return .json([
            "limits": .array(rules.map { .object($0.json) }), "defaults": .array(defaults.map { .object($0.json) }),
        ])
    }

    private func shownPrices() async throws -> JSONValue {
        let (set, all) = try await keeping.prices()
        let names = Set(set.map(\.model))
        return [
            "prices": .array(
                all.map { entry in
                    var members = entry.json
                    members["source"] = names.contains(entry.model) ? "api" : "configuration"
                    return .object(members)
                })
        ]
    }
}

// MARK: JSON

extension LimitRule {
    private static let periods: [(name: String, length: Int64)] = [
        ("second", 1_000), ("minute", 60_000), ("hour", 3_600_000), ("day", 86_400_000),
    ]
    private static let amounts = 1...(1 << 52)

    convenience init(json: JSONField) throws {
        let amount = Int64(try json.required("amount").integer(in: Self.amounts))
        let word = try json.required("per").string()
        guard let period = Self.periods.first(where: { $0.name == word }) else {
            throw json.fail("'per' is second, minute, hour or day")
        }
        let scope: LimitScope? = try json.choice("scope")
        let resource: LimitResource? = try json.choice("resource")
        let pace: LimitPace
        if let burst = try json.optional("burst")?.integer(in: Self.amounts) {
            pace = .bucket(capacity: Int64(burst), refill: amount, per: period.length)
        } else if let window = LimitWindow(rawValue: word) {
            pace = .window(amount: amount, window)
        } else {
            pace = .bucket(capacity: amount, refill: amount, per: period.length)
        }
        do {
            try self.init(
                id: json.required("id").keptText(bytesIn: 1...64), scope: scope ?? .user,
                subject: json.optional("subject")?.keptText(bytesIn: 1...256),
                model: json.optional("model")?.keptText(bytesIn: 1...256), resource: resource ?? .requests, pace: pace,
                isAdaptive: json.optional("adaptive")?.bool() ?? false)
        } catch let error as LimitRuleError {
            throw ServiceError(.invalidValue, error.message, parameter: "\(json.path).\(error.field)")
        }
    }

    var json: JSONObject {
        var members: JSONObject = [
            "id": .string(id), "scope": .string(scope.rawValue), "subject": subject.map(JSONValue.string) ?? .null,
            "model": model.map(JSONValue.string) ?? .null, "resource": .string(resource.rawValue),
        ]
        switch pace {
        case .bucket(let capacity, let refill, let per):
            members["amount"] = .integer(refill)
            members["per"] = .string(Self.periods.first { $0.length == per }?.name ?? "\(per)ms")
            members["burst"] = .integer(capacity)
        case .window(let amount, let window):
            members["amount"] = .integer(amount)
            members["per"] = .string(window.rawValue)
        }
        if isAdaptive { members["adaptive"] = true }
        return members
    }

    static let schema: JSONValue = [
        "type": "object", "required": ["id", "amount", "per"],
        "properties": [
            "id": ["type": "string", "pattern": "^[A-Za-z0-9_.-]{1,64}$"],
            "scope": ["enum": .array(LimitScope.allCases.map { .string($0.rawValue) }), "default": "user"],
            "subject": ["type": ["string", "null"]], "model": ["type": ["string", "null"]],
            "resource": ["enum": .array(LimitResource.allCases.map { .string($0.rawValue) }), "default": "requests"],
            "amount": ["type": "integer", "minimum": 1], "per": ["enum": ["second", "minute", "hour", "day"]],
            "burst": ["type": "integer", "minimum": 1], "adaptive": ["type": "boolean"],
        ],
    ]
}

extension LimitStanding {
    var json: JSONObject {
        var members = rule.json
        members["remaining"] = .integer(remaining)
        members["reset_ms"] = .integer(reset)
        return members
    }
}

extension PriceTable.Entry {
    init(json: JSONField) throws {
        func price(_ name: String) throws -> Int64? {
            try json.optional(name).map { field in
                guard let number = field.value.double, number >= 0, let money = Money(number),
                    money.nanos <= ModelPrice.priceMax
                else { throw field.fail("is a number from 0 to 1000000") }
                return money.nanos
            }
        }
        self.init(
            model: try json.required("model").keptText(bytesIn: 1...256),
            price: ModelPrice(
                input: try price("input_per_million") ?? 0, cachedInput: try price("cached_input_per_million"),
                output: try price("output_per_million") ?? 0, engineSecond: try price("per_engine_second") ?? 0))
    }

    var json: JSONObject {
        [
            "model": .string(model), "input_per_million": .number(Money(nanos: price.input).amount),
            "cached_input_per_million": .number(Money(nanos: price.cachedInput).amount),
            "output_per_million": .number(Money(nanos: price.output).amount),
            "per_engine_second": .number(Money(nanos: price.engineSecond).amount),
        ]
    }

    static let schema: JSONValue = [
        "type": "object", "required": ["model"],
        "properties": [
            "model": ["type": "string", "description": "A name, in which * stands for any characters."],
            "input_per_million": ["type": "number", "minimum": 0, "maximum": 1_000_000],
            "cached_input_per_million": ["type": "number", "minimum": 0, "maximum": 1_000_000],
            "output_per_million": ["type": "number", "minimum": 0, "maximum": 1_000_000],
            "per_engine_second": ["type": "number", "minimum": 0, "maximum": 1_000_000],
        ],
    ]
}

// MARK: Descriptions

extension LimitRoutes {
    private static func object(_ name: String, of schema: JSONValue) -> JSONValue {
        [
            "type": "object", "required": [.string(name)],
            "properties": [
                name: ["type": "array", "items": schema]
            ],
        ]
    }

    private static let list = RouteDescription(
        operation: "listLimits", summary: "The limits that were set, and those that hold by default.", tags: ["limits"],
        responses: [.init(.ok, nil, .json(LimitShapes.limits))], permission: "limits.read")

    private static let replace = RouteDescription(
        operation: "setLimits",
        summary: "Sets limits, in place of all that were set. Those that keep their amounts keep their counts.",
        tags: ["limits"], requestBodies: [.json(object("limits", of: LimitRule.schema))],
        responses: [.init(.ok, nil, .json(LimitShapes.limits)), .init(.badRequest)],
        permission: "limits.write")

    private static let mine = RouteDescription(
        operation: "listMyLimits", summary: "How the caller's own limits stand.", tags: ["limits"],
        responses: [.init(.ok, nil, .json(LimitShapes.standings))], permission: "usage.read")

    private static let prices = RouteDescription(
        operation: "listPrices",
        summary: "What models cost for a million tokens, in the order in which names are looked up.",
        tags: ["usage"], responses: [.init(.ok, nil, .json(LimitShapes.prices))],
        permission: "usage.read")

    private static let replacePrices = RouteDescription(
        operation: "setPrices",
        summary: "Sets prices, in place of all that were set here. The configuration's come after them.",
        tags: ["usage"], requestBodies: [.json(object("prices", of: PriceTable.Entry.schema))],
        responses: [.init(.ok, nil, .json(LimitShapes.prices)), .init(.badRequest)],
        permission: "limits.write")
}
