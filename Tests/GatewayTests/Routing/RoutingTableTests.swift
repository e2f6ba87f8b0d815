import Gateway
import JSONText
import Testing
import Vocabulary

@Suite struct RoutingTableTests {
    private static let whole = """
        {"routes": {"gpt-4o": {"targets": [{"model": "a", "weight": 3}, "b"], "balance": "weighted",
          "tags": {"eu": "b"}, "preferences": ["c"], "tasks": {"code": "a", "image": "c"},
          "complexity": {"high": "a", "low": "b", "high_above": 0.7}, "canary": {"model": "c", "share": 0.1},
          "mirror": "b", "fallback": ["c"], "timeouts": {"first_token_ms": 1500, "total_ms": 60000},
          "retries": {"max": 1, "wait_max_ms": 0}, "remark": "as OpenAI's"}, "short": "a", "list": ["a", "b"]},
         "ensembles": {"three": ["a", "b", "c"], "judged": {"members": ["a", {"model": "b", "weight": 2}],
          "method": "select", "judge": "c", "quorum": 2, "member_timeout_ms": 5000}}}
        """

    @Test func `a table is read, written and read again`() throws {
        let table = try RoutingTable(reading: JSONField(try JSONValue.parse(Self.whole)))
        #expect(try RoutingTable(reading: JSONField(table.json)) == table)
        let route = try #require(table.routes["gpt-4o"])
        #expect(route.balancing == .weighted && route.targets[0].weight == 3 && route.canary?.isSticky == true)
        #expect(route.tiers?.highAbove == 0.7 && route.tiers?.mediumAbove == 0.5 && route.retries?.retriesMax == 1)
        #expect(table.routes["short"] == ModelRoute(targets: [.init("a")]) && table.routes["list"]?.targets.count == 2)
        #expect(table.ensembles["judged"]?.memberMax == .seconds(5) && table.ensembles["three"]?.method == .vote)
        #expect(throws: Never.self) { try table.check { ["a", "b", "c"].contains($0) } }
        let error = try #require(throws: ServiceError.self) { try table.check { ["a", "b"].contains($0) } }
        #expect(error.parameter == "ensembles.judged" || error.parameter == "routes.gpt-4o")
    }

    @Test(arguments: [
        (#"{"routes": {"x": {}}}"#, "routes.x"), (#"{"routes": {"x": {"target": ["a"]}}}"#, "routes.x.target"),
        (#"{"routes": {"x": {"targets": ["a", "a"]}}}"#, "routes.x.targets[1]"),
        (#"{"routes": {"x": {"targets": ["a"], "balance": "best"}}}"#, "routes.x.balance"),
        (#"{"routes": {"x": {"targets": ["a"], "tasks": {"poems": "a"}}}}"#, "routes.x.tasks"),
        (#"{"routes": {"x": {"targets": ["a"], "canary": {"model": "a", "share": 2}}}}"#, "routes.x.canary.share"),
        (#"{"routes": {"x": {"targets": ["a"], "complexity": {"high_above": 0.2}}}}"#, "routes.x.complexity"),
        (#"{"routes": {"x": {"targets": ["a"], "retries": {"max": 99}}}}"#, "routes.x.retries.max"),
        (#"{"routes": {"x": {"targets": ["a b"]}}}"#, "routes.x.targets[0]"),
        (#"{"routes": {"x": {"targets": ["ensemble:y"]}}}"#, "routes.x.targets[0]"),
        (#"{"routes": {"x": {"targets": [{"model": "a", "weight": -1}]}}}"#, "routes.x.targets[0].weight"),
        (#"{"routes": {"ensemble:x": ["a"]}}"#, "routes.ensemble:x"), (#"{"routes": {"a b": ["a"]}}"#, "routes.a b"),
        (#"{"routes": {"x": {"targets": ["a"], "tags": {"a b": "a"}}}}"#, "routes.x.tags"),
        (#"{"ensembles": {"x": ["a"]}}"#, "ensembles.x"), (#"{"rules": {}}"#, "rules"), (#"[]"#, ""),
        (#"{"ensembles": {"x": {"members": ["a", "b"], "compare": "embeddings"}}}"#, "ensembles.x"),
        (#"{"ensembles": {"x": {"members": ["a", "b"], "quorum": 3}}}"#, "ensembles.x.quorum"),
    ]) func `what is wrong is refused with its path`(text: String, path: String) throws {
        let error = try #require(throws: JSONFieldError.self) {
            try RoutingTable(reading: JSONField(try JSONValue.parse(text)))
        }
        #expect(error.path == path, "\(error)")
    }

    @Test func `routes may not lead in a circle, nor too far`() throws {
        func table(_ links: [(String, String)]) -> RoutingTable {
            var table = RoutingTable()
            for (name, other) in links {
                table.routes[name] = ModelRoute(targets: [.init("m")])
                table.routes[name]?.tags["t"] = other
            }
            return table
        }
        func check(_ links: [(String, String)]) throws { try table(links).check { $0 == "m" } }
        #expect(throws: Never.self) { try check([("a", "b"), ("b", "c"), ("c", "d"), ("d", "m")]) }
        #expect(throws: ServiceError.self) { try check([("a", "b"), ("b", "a")]) }
        #expect(throws: ServiceError.self) { try check([("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"), ("e", "m")]) }
        // Its own name is the deployment's.
        #expect(throws: Never.self) { try table([("m", "m")]).check { $0 == "m" } }
        var wrong = table([("a", "m"), ("b", "m")])
        wrong.routes["a"]?.fallback = ["b"]
        #expect(throws: ServiceError.self) { try wrong.check { $0 == "m" } }
    }

    @Test func `the API's entries win over the configuration's`() {
        var (configured, own) = (RoutingTable(), RoutingTable())
        configured.routes = ["a": ModelRoute(targets: [.init("x")]), "b": ModelRoute(targets: [.init("x")])]
        own.routes = ["b": ModelRoute(targets: [.init("y")]), "c": ModelRoute(targets: [.init("z")])]
        let report = RoutingReport(version: 3, configured: configured, own: own)
        #expect(report.table.routes.mapValues { $0.targets[0].model } == ["a": "x", "b": "y", "c": "z"])
        #expect(
            report.json["routes"]?["a"]?["origin"] == "configuration" && report.json["routes"]?["b"]?["origin"] == "api"
        )
    }

    @Test func `tags are words`() {
        for good in ["eu", "team:a", "a=b", "x.y/z_1-2"] { #expect(RoutingWish.isTag(good)) }
        for bad in ["", "a b", "ä", "a,b", "a\n", String(repeating: "x", count: 65)] {
            #expect(!RoutingWish.isTag(bad))
        }
    }
}

@Suite struct DecisionLogTests {
    @Test func `the newest decisions are kept, and found by their requests`() throws {
        let log = DecisionLog(countMax: 4)
        for number in 0..<10 { log.add(try record("r\(number)")) }
        #expect(log.newest(10).map(\.id.text) == ["r9", "r8", "r7", "r6"] && log.newest(2).count == 2)
        #expect(log.find("r6") != nil && log.find("r5") == nil)
        // A client may use an id again: the newest one counts, and does not vanish with the older one.
        log.add(try record("r6"))
        let again = try #require(log.find("r6"))
        for number in 20..<23 { log.add(try record("r\(number)")) }
        #expect(log.find("r6") === again)
        log.add(try record("r30"))
        #expect(log.find("r6") == nil)
    }

    @Test func `attempts are told with their times and classes`() throws {
        let record = try record("x")
        let first = record.begin("a", at: .milliseconds(1))
        record.end(first, .failed(.timeout, code: "timeout", recovery: "next"), at: .milliseconds(31))
        record.end(first, .answered, at: .milliseconds(50))
        let second = record.part(RouteDecision(asked: "y")).begin("b", at: .milliseconds(32), role: "member")
        record.first(second, at: .milliseconds(40))
        record.end(second, .answered, at: .milliseconds(60))
        for _ in 0..<DecisionRecord.attemptsMax { record.end(record.begin("c", at: .zero), .answered, at: .zero) }
        let attempts = try #require(record.json["attempts"]?.array)
        #expect(attempts[0]["error_class"] == "timeout" && attempts[0]["took_ms"]?.double == 30)
        #expect(attempts[1]["first_token_ms"]?.double == 8 && attempts[1]["role"] == "member")
        #expect(attempts.count == DecisionRecord.attemptsMax && record.json["attempts_dropped"] == 2)
    }

    private func record(_ id: String) throws -> DecisionRecord {
        DecisionRecord(id: try #require(RequestID(id)), decision: RouteDecision(asked: "m"), at: 0)
    }
}
