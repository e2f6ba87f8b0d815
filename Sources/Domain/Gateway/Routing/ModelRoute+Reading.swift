public import JSONText
import Vocabulary

extension ModelRoute {
    private static let members = [
        "targets", "balance", "tags", "preferences", "tasks", "complexity", "canary", "mirror", "fallback", "timeouts",
        "retries", "remark",
    ]

    /// Reads what an operator, or the database, says of a route. Members are told in the module's README.
    ///
    /// - Parameter field: an object; or a name, or a list of names, for routes that are no more than aliases.
    /// - Throws: the path of what is wrong.
    public init(reading field: JSONField) throws(JSONFieldError) {
        if field.value.string != nil {
            self.init(targets: [Target(try field.routeTarget())])
            return
        }
        if field.value.array != nil {
            self.init(targets: try Self.targets(field))
            return
        }
        try field.refuseStrangers(Self.members)
        self.init(targets: try field.optional("targets").map(Self.targets) ?? [])
        balancing = try field.optional("balance")?.routeWord() ?? .ordered
        tags =
            try field.optional("tags")?.routeNames { key, field throws(JSONFieldError) in
                guard RoutingWish.isTag(key) else { throw field.fail("'\(key.prefix(40))' is no tag") }
                return key
            } ?? [:]
        preferences = try field.optional("preferences")?.routeList() ?? []
        tasks =
            try field.optional("tasks")?.routeNames { key, field throws(JSONFieldError) in
                guard let task = TaskKind(rawValue: key) else {
                    let known = TaskKind.allCases.map(\.rawValue).joined(separator: ", ")
                    throw field.fail("'\(key.prefix(40))' is no task; there are \(known)")
                }
                return task
            } ?? [:]
        tiers = try field.optional("complexity").map { (field: JSONField) throws(JSONFieldError) in
            try Tiers(reading: field)
        }
        canary = try field.optional("canary").map { field throws(JSONFieldError) in
            try field.refuseStrangers(["model", "share", "sticky"])
            return Canary(
                try field.required("model").routeTarget(), share: try field.required("share").number(in: 0...1),
                isSticky: try field.optional("sticky")?.bool() ?? true)
        }
        mirror = try field.optional("mirror").map { field throws(JSONFieldError) in
            if field.value.string != nil { return Mirror(try field.routeTarget()) }
            try field.refuseStrangers(["model", "share"])
            return Mirror(
                try field.required("model").routeTarget(), share: try field.optional("share")?.number(in: 0...1) ?? 1)
        }
        fallback = try field.optional("fallback")?.routeList() ?? []
        limits =
            try field.optional("timeouts").map { (field: JSONField) throws(JSONFieldError) in
                try TimeLimits(reading: field)
            } ?? TimeLimits()
        retries = try field.optional("retries").map { (field: JSONField) throws(JSONFieldError) in
            try RetryPolicy(reading: field)
        }
        remark = try field.optional("remark")?.keptText(bytesIn: 0...1_000)
        guard !targets.isEmpty || !ruled.isEmpty else {
            throw field.fail("must have targets, or rules that name models")
        }
    }

    private static func targets(_ field: JSONField) throws(JSONFieldError) -> [Target] {
        var targets: [Target] = []
        for element in try field.elements(countMax: targetsMax) {
            let isName = element.value.string != nil
            if !isName { try element.refuseStrangers(["model", "weight"]) }
            let model = try (isName ? element : element.required("model")).routeTarget()
            guard !targets.contains(where: { $0.model == model }) else { throw element.fail("is named twice") }
            targets.append(
                Target(model, weight: isName ? 1 : try element.optional("weight")?.number(in: 0...1_000_000) ?? 1))
        }
        return targets
    }

    /// The route as it is read.
    public var json: JSONValue {
        var object: JSONObject = [
            "targets": .array(
                targets.map {
                    $0.weight == 1 ? .string($0.model) : ["model": .string($0.model), "weight": .number($0.weight)]
                })
        ]
        if balancing != .ordered { object["balance"] = .string(balancing.rawValue) }
        if !tags.isEmpty {
            object["tags"] = .object(JSONObject(tags.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
        }
        if !preferences.isEmpty { object["preferences"] = .array(preferences.map(JSONValue.string)) }
        if !tasks.isEmpty {
            object["tasks"] = .object(
                JSONObject(TaskKind.allCases.compactMap { task in tasks[task].map { (task.rawValue, .string($0)) } }))
        }
        object["complexity"] = tiers?.json
        object["canary"] = canary.map {
            ["model": .string($0.model), "share": .number($0.share), "sticky": .bool($0.isSticky)]
        }
        object["mirror"] = mirror.map { ["model": .string($0.model), "share": .number($0.share)] }
        if !fallback.isEmpty { object["fallback"] = .array(fallback.map(JSONValue.string)) }
        if limits != TimeLimits() { object["timeouts"] = limits.json }
        object["retries"] = retries?.json
        object["remark"] = remark.map(JSONValue.string)
        return .object(object)
    }
}

extension ModelRoute.Tiers {
    fileprivate init(reading field: JSONField) throws(JSONFieldError) {
        try field.refuseStrangers(["high", "medium", "low", "high_above", "medium_above"])
        self.init(
            high: try field.optional("high")?.routeTarget(), medium: try field.optional("medium")?.routeTarget(),
            low: try field.optional("low")?.routeTarget(),
            highAbove: try field.optional("high_above")?.number(in: 0...1) ?? 0.8,
            mediumAbove: try field.optional("medium_above")?.number(in: 0...1) ?? 0.5)
        guard mediumAbove <= highAbove else { throw field.fail("medium_above must not be more than high_above") }
    }

    fileprivate var json: JSONValue {
        var object = JSONObject()
        object["high"] = high.map(JSONValue.string)
        object["medium"] = medium.map(JSONValue.string)
        object["low"] = low.map(JSONValue.string)
        object["high_above"] = .number(highAbove)
        object["medium_above"] = .number(mediumAbove)
        return .object(object)
    }
}

extension ModelRoute.TimeLimits {
    fileprivate init(reading field: JSONField) throws(JSONFieldError) {
        try field.refuseStrangers(["first_token_ms", "total_ms"])
        self.init(
            firstToken: try field.optional("first_token_ms")?.routeTime(),
            total: try field.optional("total_ms")?.routeTime())
    }

    public var json: JSONValue {
        var object = JSONObject()
        object["first_token_ms"] = firstToken.map { .number($0 / .milliseconds(1)) }
        object["total_ms"] = total.map { .number($0 / .milliseconds(1)) }
        return .object(object)
    }
}

extension RetryPolicy {
    init(reading field: JSONField) throws(JSONFieldError) {
        try field.refuseStrangers(["max", "pause_ms", "pause_max_ms", "wait_max_ms"])
        self.init()
        retriesMax = try field.optional("max")?.integer(in: 0...Self.retriesBound) ?? retriesMax
        pause = try field.optional("pause_ms")?.routeTime(from: 0) ?? pause
        pauseMax = try field.optional("pause_max_ms")?.routeTime(from: 0) ?? pauseMax
        waitMax = try field.optional("wait_max_ms")?.routeTime(from: 0) ?? waitMax
    }

    public var json: JSONValue {
        [
            "max": .whole(retriesMax), "pause_ms": .number(pause / .milliseconds(1)),
            "pause_max_ms": .number(pauseMax / .milliseconds(1)), "wait_max_ms": .number(waitMax / .milliseconds(1)),
        ]
    }
}

extension JSONField {
    /// Names of models and routes: printable, no spaces, and not those that mean something else.
    func routeTarget() throws(JSONFieldError) -> String {
        let name = try keptText(bytesIn: 1...ModelRoute.nameBytesMax)
        guard name.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { throw fail("must have no spaces") }
        guard !name.hasPrefix(RoutingTable.ensemblePrefix) else { throw fail("must not name an ensemble") }
        return name
    }

    func routeList() throws(JSONFieldError) -> [String] {
        var names: [String] = []
        for element in try elements(countMax: ModelRoute.targetsMax) { names.append(try element.routeTarget()) }
        return names
    }

    fileprivate func routeNames<Key: Hashable>(
        _ key: (String, JSONField) throws(JSONFieldError) -> Key
    ) throws(JSONFieldError) -> [Key: String] {
        let members = try object()
        guard members.count <= ModelRoute.rulesMax else { throw fail("has more than \(ModelRoute.rulesMax) members") }
        var names: [Key: String] = [:]
        for (name, value) in members {
            names[try key(name, self)] = try JSONField(value, path: "\(path).\(name)").routeTarget()
        }
        return names
    }

    func routeTime(from lowest: Double = 1) throws(JSONFieldError) -> Duration {
        .microseconds(Int64(try number(in: lowest...86_400_000) * 1_000))
    }

    func routeWord<Word: RawRepresentable & CaseIterable>() throws(JSONFieldError) -> Word
    where Word.RawValue == String {
        let text = try string()
        if let word = Word(rawValue: text) { return word }
        throw fail("must be one of \(Word.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))")
    }

    func refuseStrangers(_ known: [String]) throws(JSONFieldError) {
        for key in try object().keys where !known.contains(key) {
            throw JSONFieldError(
                path: path.isEmpty ? String(key.prefix(80)) : "\(path).\(key.prefix(80))",
                problem: "is not known; known are \(known.joined(separator: ", "))")
        }
    }
}
