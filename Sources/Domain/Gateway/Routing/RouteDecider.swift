public import Vocabulary

/// Decides who answers a request. Pure: what it knows of deployments, of time and of chance is given to it.
///
/// The order of precedence is that of ``RouteRule``: ensemble, the route of that name, the deployment of that name; and in a
/// route: tag, preference, task, complexity, canary, balance, fallback. A rule whose model cannot answer is passed over,
/// and the record says why.
public struct RouteDecider: Sendable {
    public var table: RoutingTable
    /// Answers requests that name no model, and is the first of `auto` without a route.
    public var defaultModel: String?
    /// Deployments that write, in the order in which they were made; for `auto` without a route.
    public var writers: @Sendable () -> [String]
    /// What is known of the deployment that answers to a name; `nil` when none does.
    public var standing: @Sendable (String) -> TargetStanding?
    /// The deployments that a deployment's configuration puts behind it.
    public var fallbacks: @Sendable (String) -> [String]
    /// For routes that do not say.
    public var retries: RetryPolicy
    public var limits: ModelRoute.TimeLimits

    public init(
        table: RoutingTable, defaultModel: String? = nil, retries: RetryPolicy = RetryPolicy(),
        limits: ModelRoute.TimeLimits = ModelRoute.TimeLimits(), writers: @escaping @Sendable () -> [String] = { [] },
        fallbacks: @escaping @Sendable (String) -> [String] = { _ in [] },
        standing: @escaping @Sendable (String) -> TargetStanding?
    ) {
        self.table = table
        self.defaultModel = defaultModel
        self.retries = retries
        self.limits = limits
        self.writers = writers
        self.fallbacks = fallbacks
        self.standing = standing
    }

    /// Decides.
    ///
    /// - Parameters:
    ///   - question: the request.
    ///   - random: chance, for weights and canaries.
    /// - Returns: who is asked; its attempts are empty when nobody can be.
    /// - Throws: `modelNotFound` when nothing has the name that was asked for.
    public func decide(
        _ question: RouteQuestion, using random: inout some RandomNumberGenerator
    ) throws(ServiceError) -> RouteDecision {
        var decision = RouteDecision(asked: question.asked)
        decision.limits = limits
        if let name = Self.ensemble(question) {
            guard table.ensembles[name] != nil else { throw unknown("ensemble", name, table.ensembles.keys) }
            decision.ensemble = name
            decision.rule = .ensemble
            return decision
        }
        let asked = question.asked.isEmpty ? defaultModel ?? "" : question.asked
        let (name, task) = Self.automatic(asked, table)
        var course = Course(decision: decision, question: question, asked: asked)
        if let task { course.decision.task = TaskVerdict(task, .asked) }
        if let route = table.routes[name] {
            follow(route, named: name, &course, using: &random)
        } else if let found = standing(name) {
            course.consider(name, .direct, found, equal: false)
        } else if name == RoutingTable.automatic {
            follow(implicit(), named: name, &course, using: &random)
        } else {
            throw unknownModel(question.asked)
        }
        stand(behind: &course)
        return course.finished()
    }

    // MARK: One route

    private func follow(
        _ route: ModelRoute, named name: String, _ course: inout Course, using random: inout some RandomNumberGenerator
    ) {
        guard course.decision.routes.count < RoutingTable.depthMax else { return }
        course.decision.routes.append(name)
        let own = route.limits
        course.decision.limits.firstToken = own.firstToken ?? course.decision.limits.firstToken
        course.decision.limits.total = own.total ?? course.decision.limits.total
        course.decision.retries = route.retries ?? retries
        for (rule, model) in rules(route, named: name, &course, using: &random) {
            if let other = table.routes[model], model != name, !course.decision.routes.contains(model) {
                course.name(rule)
                follow(other, named: model, &course, using: &random)
            } else {
                course.consider(model, rule, standing(model), equal: false)
            }
            // What stands behind follows from the targets.
            if course.hasAttempts { break }
        }
        balance(route, &course, using: &random)
        for model in route.fallback { course.consider(model, .fallback, standing(model), equal: false) }
        if let mirror = route.mirror, course.decision.mirror == nil,
            Double.random(in: 0..<1, using: &random) < mirror.share
        {
            course.decision.mirror = mirror.model
        }
    }

    /// What the rules of a route name, in their order.
    private func rules(
        _ route: ModelRoute, named name: String, _ course: inout Course, using random: inout some RandomNumberGenerator
    ) -> [(RouteRule, String)] {
        let question = course.question
        var named: [(RouteRule, String)] = []
        if let tag = question.wish.tags.first(where: { route.tags[$0] != nil }), let model = route.tags[tag] {
            course.decision.tag = tag
            named.append((.tag, model))
        }
        if let preferred = question.wish.preference,
            route.preferences.contains(preferred) || route.targets.contains(where: { $0.model == preferred })
        {
            named.append((.preference, preferred))
        }
        if !route.tasks.isEmpty {
            let verdict = course.decision.task ?? Self.task(of: question.prompt)
            course.decision.task = verdict
            if let model = route.tasks[verdict.task] { named.append((.task, model)) }
        }
        if let tiers = route.tiers {
            let complexity = course.decision.complexity ?? Self.complexity(of: question.prompt)
            course.decision.complexity = complexity
            let tier = tiers.tier(of: complexity.score)
            course.decision.tier = tier.name
            if let model = tier.model { named.append((.complexity, model)) }
        }
        if let canary = route.canary, isIn(canary, named: name, question, using: &random) {
            named.append((.canary, canary.model))
        }
        return named
    }

    private func isIn(
        _ canary: ModelRoute.Canary, named name: String, _ question: RouteQuestion,
        using random: inout some RandomNumberGenerator
    ) -> Bool {
        guard canary.isSticky, !question.caller.key.isEmpty else {
            return Double.random(in: 0..<1, using: &random) < canary.share
        }
        return ReplicaChoice.share(of: [name, question.caller.key]) < canary.share
    }

    private func balance(_ route: ModelRoute, _ course: inout Course, using random: inout some RandomNumberGenerator) {
        var known: [String: TargetStanding] = [:]
        for target in route.targets { known[target.model] = standing(target.model) }
        // Those that cannot be asked are told and do not take part.
        let able = route.targets.filter { course.canAnswer($0.model, .balance, known[$0.model]) }
        let candidates = able.compactMap { target in
            known[target.model].map {
                Balancing.Candidate(
                    name: target.model, weight: target.weight, inFlight: $0.inFlight, parallel: $0.parallel,
                    latency: $0.latency, isReady: $0.isReady)
            }
        }
        let ordered = route.balancing.order(candidates, affinity: course.question.affinity, using: &random)
        for (place, candidate) in ordered.enumerated() {
            course.consider(
                candidate.name, .balance, known[candidate.name], equal: place > 0 && route.balancing.treatsAsEqual)
        }
    }

    /// The deployments' own fallbacks, after everything that routes say.
    private func stand(behind course: inout Course) {
        let names = course.decision.candidates.map(\.model)
        for name in FallbackPolicy.chain(from: names, fallbacks: fallbacks) where !names.contains(name) {
            course.consider(name, .fallback, standing(name), equal: false)
        }
    }

    // MARK: What a request is

    private static func ensemble(_ question: RouteQuestion) -> String? {
        if let name = question.wish.ensemble { return name }
        guard question.asked.hasPrefix(RoutingTable.ensemblePrefix) else { return nil }
        return String(question.asked.dropFirst(RoutingTable.ensemblePrefix.count))
    }

    /// `auto:code` is the route `auto` with a task, unless there is a route of that very name.
    private static func automatic(_ asked: String, _ table: RoutingTable) -> (name: String, task: TaskKind?) {
        guard table.routes[asked] == nil, asked.hasPrefix(RoutingTable.automatic + ":"),
            let task = TaskKind(rawValue: String(asked.dropFirst(RoutingTable.automatic.count + 1)))
        else { return (asked, nil) }
        return (RoutingTable.automatic, task)
    }

    static func task(of prompt: RouteQuestion.Prompt) -> TaskVerdict {
        prompt.hasImages ? TaskVerdict(.image, .images) : TaskClassifier.shared.classify(prompt.text)
    }

    static func complexity(of prompt: RouteQuestion.Prompt) -> Complexity {
        var features = prompt.features
        Complexity.count(prompt.text, into: &features)
        return Complexity(features)
    }

    /// `auto` where no route has the name: the default, then all others that write.
    private func implicit() -> ModelRoute {
        let all = [defaultModel].compactMap(\.self) + writers()
        var names: [String] = []
        for name in all where !names.contains(name) && table.routes[name] == nil { names.append(name) }
        return ModelRoute(targets: names.prefix(ModelRoute.targetsMax).map { ModelRoute.Target($0) })
    }

    // MARK: Errors

    private func unknown(_ kind: String, _ name: String, _ known: some Sequence<String>) -> ServiceError {
        let names = known.sorted().prefix(20).map { "'\($0)'" }.joined(separator: ", ")
        return ServiceError(
            .modelNotFound, "There is no \(kind) '\(name.prefix(128))'.",
            hint: names.isEmpty ? "None is configured." : "There are \(names).", parameter: "model")
    }

    private func unknownModel(_ asked: String) -> ServiceError {
        let names = (table.routes.keys.sorted() + writers()).prefix(40).map { "'\($0)'" }.joined(separator: ", ")
        guard !asked.isEmpty else {
            return ServiceError(
                .modelNotFound, "The request names no model, and there is no default.",
                hint: "Ask for one of \(names).", parameter: "model")
        }
        return ServiceError(
            .modelNotFound, "The model '\(asked.prefix(128))' is not served here.",
            hint: names.isEmpty ? "No model is configured." : "Ask for \(names).", parameter: "model")
    }
}

/// A decision while it is being made.
private struct Course {
    var decision: RouteDecision
    let question: RouteQuestion
    /// The name that counts, which may be the default.
    let asked: String
    private var rule: RouteRule?
    /// Rules that lead to other routes name the choice.
    private var first: RouteRule?

    init(decision: RouteDecision, question: RouteQuestion, asked: String) {
        self.decision = decision
        self.question = question
        self.asked = asked
    }

    var hasAttempts: Bool { !decision.attempts.isEmpty }

    mutating func name(_ rule: RouteRule) { first = first ?? rule }

    /// Whether one can be asked; notes why not.
    mutating func canAnswer(_ name: String, _ rule: RouteRule, _ standing: TargetStanding?) -> Bool {
        guard let reason = refusal(name, rule, standing) else { return true }
        if !decision.candidates.contains(where: { $0.model == name }) {
            decision.candidates.append(
                .init(
                    model: name, rule: rule, verdict: .leftOut(reason), inFlight: standing?.inFlight,
                    latency: standing?.latency))
        }
        return false
    }

    /// Adds one to those who are asked, or notes why not. Nobody is asked twice, and not more than eight.
    mutating func consider(_ name: String, _ rule: RouteRule, _ standing: TargetStanding?, equal: Bool) {
        let own = standing?.name ?? name
        guard !decision.attempts.contains(where: { $0.model == own }) else { return }
        guard canAnswer(name, rule, standing) else { return }
        guard decision.attempts.count < FallbackPolicy.attemptsMax else { return }
        decision.candidates.append(
            .init(
                model: own, rule: rule, verdict: .place(decision.attempts.count), inFlight: standing?.inFlight,
                latency: standing?.latency))
        if decision.attempts.isEmpty {
            self.rule = rule
        }
        decision.attempts.append(RouteDecision.Attempt(own, isEqual: equal && !decision.attempts.isEmpty))
    }

    consuming func finished() -> RouteDecision {
        decision.rule = first ?? rule ?? .direct
        return decision
    }

    private mutating func refusal(_ name: String, _ rule: RouteRule, _ standing: TargetStanding?) -> String? {
        guard let standing else { return "nobody has this name" }
        // Whoever may ask for a route may have what the route chooses.
        guard question.caller.mayAsk(asked) || question.caller.mayAsk(standing.name) else {
            return "the caller may not ask for it"
        }
        if rule == .preference, !question.caller.mayAsk(standing.name) { return "the caller may not ask for it" }
        if standing.isStopped, rule != .direct { return "it was stopped" }
        if let rest = standing.resting {
            decision.restingFor = min(decision.restingFor ?? rest, rest)
            return "its breaker is open for another \(Int((rest / .milliseconds(1)).rounded(.up))) ms"
        }
        guard rule != .direct else { return nil }
        if question.needsText, !standing.writes { return "it writes no text" }
        if question.prompt.hasImages, standing.readsImages == false { return "it reads no images" }
        return nil
    }
}
