import Gateway
import JSONText
import TestRandomness
import Testing
import Vocabulary

@Suite struct RouteDeciderTests {
    // MARK: The order of precedence

    /// A route in which every rule names somebody of its own: each rule that is taken away lets the next one decide.
    @Test func `the rules decide in their order`() throws {
        var route = ModelRoute(targets: [.init("balanced")])
        route.tags = ["fast": "tagged"]
        route.preferences = ["preferred"]
        route.tasks = [.code: "coder"]
        route.tiers = .init(high: "large", medium: "large", low: "large")
        route.canary = .init("canary", share: 1)
        route.fallback = ["behind"]
        var stages: [RouteRule] = []
        var ensembles = true
        var down: Set<String> = []
        var wish = RoutingWish()
        wish.tags = ["unknown", "fast"]
        wish.preference = "preferred"
        wish.ensemble = "both"
        for _ in 0..<8 {
            var table = RoutingTable()
            table.routes = ["all": route]
            if ensembles { table.ensembles = ["both": EnsembleSpec([.init("balanced"), .init("coder")])] }
            let decider = decider(table) { [down] in down.contains($0) ? nil : TargetStanding(name: $0) }
            let decision = try decide(decider, "all", wish: wish, text: "Write a Python function that sorts a list.")
            stages.append(decision.rule)
            if ensembles {
                (ensembles, wish.ensemble) = (false, nil)
            } else {
                down.insert(try #require(decision.attempts.first).model)
            }
        }
        #expect(
            stages == [.ensemble, .tag, .preference, .task, .complexity, .canary, .balance, .fallback])
        // The deployment of a name comes after the route of that name; it is the only rule that is not within a route.
        #expect(
            RouteRule.allCases == [
                .ensemble, .direct, .tag, .preference, .task, .complexity, .canary, .balance, .fallback,
            ])
        let nobody = try decide(decider(RoutingTable()) { TargetStanding(name: $0) }, "plain")
        #expect(nobody.rule == .direct && nobody.attempts == [.init("plain")] && nobody.routes.isEmpty)
    }

    @Test func `a route goes before the deployment of its name, which it may name itself`() throws {
        var table = RoutingTable()
        table.routes["chat"] = ModelRoute(targets: [.init("chat"), .init("other")])
        let decision = try decide(decider(table) { TargetStanding(name: $0) }, "chat")
        #expect(decision.routes == ["chat"] && decision.attempts.map(\.model) == ["chat", "other"])
    }

    @Test func `a model that cannot answer is passed over, and the record says why`() throws {
        var table = RoutingTable()
        var route = ModelRoute(targets: ["gone", "open", "vectors", "blind", "asleep", "well"].map { .init($0) })
        route.fallback = ["stopped"]
        table.routes["auto"] = route
        let decider = decider(table) { name in
            switch name {
            case "gone": nil
            case "open": TargetStanding(name: name, resting: .seconds(40))
            case "vectors": TargetStanding(name: name, writes: false)
            case "blind": TargetStanding(name: name, readsImages: false)
            case "stopped": TargetStanding(name: name, isStopped: true)
            case "asleep": TargetStanding(name: name, isReady: false)
            default: TargetStanding(name: name, readsImages: true)
            }
        }
        var question = RouteQuestion(asked: "auto")
        question.prompt.hasImages = true
        var random = SeededRandom(seed: 1)
        let decision = try decider.decide(question, using: &random)
        // One that has to be loaded is asked in its turn: the operator's order holds.
        #expect(decision.attempts.map(\.model) == ["asleep", "well"])
        #expect(decision.restingFor == .seconds(40))
        let reasons = decision.candidates.compactMap { candidate -> String? in
            if case .leftOut(let reason) = candidate.verdict { "\(candidate.model): \(reason)" } else { nil }
        }
        #expect(
            reasons == [
                "gone: nobody has this name", "open: its breaker is open for another 40000 ms",
                "vectors: it writes no text", "blind: it reads no images", "stopped: it was stopped",
            ])
        #expect(decision.json["candidates"]?[1]?["left_out"]?.string?.hasPrefix("its breaker") == true)
    }

    @Test func `a deployment's own fallbacks stand behind everything`() throws {
        var table = RoutingTable()
        table.routes["r"] = ModelRoute(targets: [.init("a"), .init("b")])
        let behind = ["a": ["c"], "b": ["a", "d"], "c": ["e"]]
        let decider = RouteDecider(
            table: table, fallbacks: { behind[$0] ?? [] }, standing: { TargetStanding(name: $0) })
        #expect(try decide(decider, "r").attempts.map(\.model) == ["a", "b", "c", "d", "e"])
        #expect(try decide(decider, "a").attempts.map(\.model) == ["a", "c", "e"])
    }

    @Test func `an open breaker of the one that was named lets its fallback answer`() throws {
        let decider = RouteDecider(table: RoutingTable(), fallbacks: { $0 == "a" ? ["b"] : [] }) { name in
            TargetStanding(name: name, resting: name == "a" ? .seconds(9) : nil)
        }
        let decision = try decide(decider, "a")
        #expect(decision.rule == .fallback && decision.attempts == [.init("b")])
    }

    // MARK: Names

    @Test func `auto chooses among all that write, the default first, without any route`() throws {
        let decider = RouteDecider(
            table: RoutingTable(), defaultModel: "second", writers: { ["first", "second", "third"] },
            standing: { ["first", "second", "third"].contains($0) ? TargetStanding(name: $0) : nil })
        #expect(try decide(decider, "auto").attempts.map(\.model) == ["second", "first", "third"])
        #expect(try decide(decider, "auto:code").task?.source == .asked)
        #expect(try decide(decider, "").attempts.map(\.model) == ["second"])
        let error = try #require(throws: ServiceError.self) { try decide(decider, "nobody") }
        #expect(error.code == .modelNotFound && error.hint == "Ask for 'first', 'second', 'third'.")
        #expect(throws: ServiceError.self) { try decide(decider, "auto:poetry") }
        #expect(throws: ServiceError.self) { try decide(decider, "ensemble:none") }
    }

    @Test func `auto with a task takes the task's model, whatever the text says`() throws {
        var table = RoutingTable()
        var route = ModelRoute(targets: [.init("general")])
        route.tasks = [.math: "reasoner", .code: "coder", .image: "eyes"]
        table.routes["auto"] = route
        let decider = decider(table) { TargetStanding(name: $0) }
        #expect(try decide(decider, "auto:math", text: "def f(x): return x").attempts.first?.model == "reasoner")
        #expect(try decide(decider, "auto", text: "def f(x): return x").attempts.first?.model == "coder")
        #expect(try decide(decider, "auto", text: "Who was Cleopatra?").attempts.map(\.model) == ["general"])
        var question = RouteQuestion(asked: "auto")
        question.prompt.hasImages = true
        var random = SeededRandom(seed: 1)
        let seen = try decider.decide(question, using: &random)
        #expect(seen.attempts.first?.model == "eyes" && seen.task?.source == .images)
        table.routes["auto:math"] = ModelRoute(targets: [.init("own")])
        #expect(try decide(self.decider(table) { TargetStanding(name: $0) }, "auto:math").attempts[0].model == "own")
    }

    @Test func `rules may lead to other routes, whose limits and targets then hold`() throws {
        var table = RoutingTable()
        var first = ModelRoute(targets: [.init("last")])
        first.tasks = [.code: "coders"]
        first.limits = .init(firstToken: .seconds(9), total: .seconds(99))
        var coders = ModelRoute(targets: [.init("a"), .init("b")])
        coders.limits.firstToken = .seconds(1)
        coders.retries = RetryPolicy(retriesMax: 0)
        coders.mirror = .init("shadow")
        table.routes = ["auto": first, "coders": coders]
        let decision = try decide(decider(table) { TargetStanding(name: $0) }, "auto:code")
        #expect(decision.routes == ["auto", "coders"] && decision.rule == .task)
        #expect(decision.attempts.map(\.model) == ["a", "b", "last"] && decision.mirror == "shadow")
        #expect(decision.limits == .init(firstToken: .seconds(1), total: .seconds(99)))
        #expect(decision.retries.retriesMax == 0)
        #expect(decision.summary == "auto>coders; rule=task:code; model=a")
    }

    @Test func `what the caller may ask for is asked, by the route's name or the model's`() throws {
        var table = RoutingTable()
        var route = ModelRoute(targets: [.init("small"), .init("large")])
        route.preferences = ["secret"]
        table.routes["alias"] = route
        let decider = decider(table) { TargetStanding(name: $0) }
        func models(_ allowed: [String]?, prefer: String? = nil, asked: String = "alias") throws -> [String] {
            var question = RouteQuestion(asked: asked, caller: .init(key: "k", models: allowed.map { [$0] } ?? []))
            question.wish.preference = prefer
            var random = SeededRandom(seed: 1)
            return try decider.decide(question, using: &random).attempts.map(\.model)
        }
        #expect(try models(nil) == ["small", "large"] && models(["alias"]) == ["small", "large"])
        #expect(try models(["large"]) == ["large"] && models(["la*"]) == ["large"] && models([]) == [])
        // A preference opens nothing: the alias does not cover it.
        #expect(try models(["alias"], prefer: "secret") == ["small", "large"])
        #expect(try models(["alias", "secret"], prefer: "secret").first == "secret")
        #expect(try models(["alias"], prefer: "elsewhere") == ["small", "large"])
        #expect(try models(["a*s"], asked: "large") == [])
        for (pattern, name, isMatch) in [
            ("*", "x", true), ("a*c", "abc", true), ("a*c", "ac", true), ("a*b*c", "a1b2c", true), ("a*", "ba", false),
            ("*z", "az", true), ("*z", "za", false), ("ab*ba", "aba", false), ("", "", true),
        ] {
            #expect(RouteQuestion.Caller(models: [["*"], [pattern]]).mayAsk(name) == isMatch, "\(pattern) \(name)")
        }
    }

    // MARK: Shares

    @Test func `a canary takes its share of callers, and always the same ones`() throws {
        var table = RoutingTable()
        var route = ModelRoute(targets: [.init("stable")])
        route.canary = .init("canary", share: 0.1)
        table.routes["r"] = route
        let decider = decider(table) { TargetStanding(name: $0) }
        var random = SeededRandom(seed: 4)
        var chosen = 0
        for caller in 0..<2_000 {
            let question = RouteQuestion(asked: "r", caller: .init(key: "caller \(caller)"))
            let first = try decider.decide(question, using: &random)
            chosen += first.rule == .canary ? 1 : 0
            for _ in 0..<3 { #expect(try decider.decide(question, using: &random).rule == first.rule) }
        }
        #expect((150...250).contains(chosen), "\(chosen)")
        // Callers that nobody knows are drawn each time.
        var drawn = 0
        for _ in 0..<2_000 {
            drawn += try decider.decide(RouteQuestion(asked: "r"), using: &random).rule == .canary ? 1 : 0
        }
        #expect((150...250).contains(drawn), "\(drawn)")
    }

    @Test func `weights are shares, and copies are too`() throws {
        var table = RoutingTable()
        var route = ModelRoute(targets: [.init("a", weight: 3), .init("b", weight: 1), .init("never", weight: 0)])
        route.balancing = .weighted
        route.mirror = .init("m", share: 0.25)
        table.routes["r"] = route
        let decider = decider(table) { TargetStanding(name: $0) }
        var random = SeededRandom(seed: 4)
        var (counts, copies): ([String: Int], Int) = ([:], 0)
        for _ in 0..<4_000 {
            let decision = try decider.decide(RouteQuestion(asked: "r"), using: &random)
            counts[decision.attempts[0].model, default: 0] += 1
            copies += decision.mirror == nil ? 0 : 1
            #expect(
                decision.attempts.count == 3 && decision.attempts.last?.model != "a"
                    || decision.attempts[0].model != "a")
        }
        #expect((2_900...3_100).contains(counts["a"] ?? 0) && counts["never"] == nil, "\(counts)")
        #expect((900...1_100).contains(copies), "\(copies)")
    }

    /// Whatever the table and the deployments are like: nobody is asked twice, only those who can are, and every name that
    /// was looked at is told.
    @Test(arguments: 0..<60) func `every decision keeps the bounds`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let names = (0..<12).map { "m\($0)" }
        func some() -> String { names.randomElement(using: &random) ?? "m0" }
        var table = RoutingTable()
        for index in 0..<5 {
            var route = ModelRoute(
                targets: Array(Set((0..<Int.random(in: 1...6, using: &random)).map { _ in some() })).sorted()
                    .map { .init($0, weight: Double.random(in: 0...3, using: &random)) })
            route.balancing = Balancing.allCases.randomElement(using: &random) ?? .ordered
            if index > 0, Bool.random(using: &random) { route.tags["t"] = "r\(index - 1)" }
            if index > 0, Bool.random(using: &random) { route.tasks[.general] = "r\(index - 1)" }
            if Bool.random(using: &random) {
                route.canary = .init(some(), share: Double.random(in: 0...1, using: &random))
            }
            route.fallback = (0..<Int.random(in: 0...3, using: &random)).map { _ in some() }
            table.routes["r\(index)"] = route
        }
        let standings = Dictionary(
            uniqueKeysWithValues: names.map { name in
                (
                    name,
                    TargetStanding(
                        name: name, writes: Int.random(in: 0..<5, using: &random) > 0,
                        isReady: Bool.random(using: &random),
                        resting: Int.random(in: 0..<4, using: &random) == 0 ? .seconds(5) : nil,
                        inFlight: Int.random(in: 0...9, using: &random))
                )
            })
        let decider = decider(table) { standings[$0] }
        for _ in 0..<40 {
            var question = RouteQuestion(asked: "r\(Int.random(in: 0..<5, using: &random))")
            if Bool.random(using: &random) { question.wish.tags = ["t"] }
            question.affinity = UInt64.random(in: 0 ... .max, using: &random)
            let decision = try decider.decide(question, using: &random)
            let models = decision.attempts.map(\.model)
            #expect(Set(models).count == models.count && models.count <= FallbackPolicy.attemptsMax)
            #expect(models.allSatisfy { standings[$0]?.resting == nil && standings[$0]?.writes == true })
            #expect(decision.attempts.first?.isEqual != true && decision.routes.count <= RoutingTable.depthMax)
            let told = Set(decision.candidates.map(\.model))
            #expect(Set(models).isSubset(of: told))
        }
    }

    private func decider(
        _ table: RoutingTable, _ standing: @escaping @Sendable (String) -> TargetStanding?
    ) -> RouteDecider {
        RouteDecider(table: table, standing: standing)
    }

    private func decide(
        _ decider: RouteDecider, _ asked: String, wish: RoutingWish = RoutingWish(), text: String = ""
    ) throws -> RouteDecision {
        var random = SeededRandom(seed: 1)
        return try decider.decide(
            RouteQuestion(asked: asked, wish: wish, prompt: .init(text: text)), using: &random)
    }
}
