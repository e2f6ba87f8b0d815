import HTTPServing
import JSONText
import Synchronization
import Testing
import Vocabulary

@testable import LlamaServerAPI

@Suite struct LlamaServerMetricsTests {
    private final class Source: Sendable {
        let counts = Mutex(EngineCounts())
    }

    /// `name → (type, number)`, where every name has its help and its type.
    private func parsed(_ text: String) throws -> [String: (type: String, number: Double)] {
        var types: [String: String] = [:]
        var helped: Set<String> = []
        var numbers: [String: (String, Double)] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            if line.hasPrefix("# HELP ") {
                helped.insert(words[2])
            } else if line.hasPrefix("# TYPE ") {
                types[words[2]] = words[3]
            } else {
                let name = String(words[0].split(separator: "{")[0])
                #expect(helped.contains(name))
                numbers[words[0]] = (try #require(types[name]), try #require(Double(words[1])))
            }
        }
        return numbers
    }

    @Test func `every name of llama-server is there`() throws {
        let numbers = try parsed(LlamaServerMetrics { EngineCounts() }.text())
        let counters = [
            "prompt_tokens_total", "prompt_tokens_cached_total", "prompt_seconds_total", "tokens_predicted_total",
            "tokens_predicted_seconds_total", "n_decode_total", "n_tokens_max", "spec_decode_num_draft_tokens_total",
            "spec_decode_num_accepted_tokens_total", "spec_decode_num_drafts_total",
        ]
        let gauges = [
            "prompt_tokens_seconds", "predicted_tokens_seconds", "requests_processing", "requests_deferred",
            "n_busy_slots_per_decode",
        ]
        for name in counters { #expect(numbers["llamacpp:\(name)"]?.type == "counter") }
        for name in gauges { #expect(numbers["llamacpp:\(name)"]?.type == "gauge") }
        #expect(numbers.count == counters.count + gauges.count && numbers.values.allSatisfy { $0.number == 0 })
    }

    @Test func `rates are those since the last look`() throws {
        let source = Source()
        let metrics = LlamaServerMetrics { source.counts.withLock(\.self) }
        source.counts.withLock {
            $0.promptTokens = 100
            $0.promptSeconds = 0.5
            $0.writtenTokens = 30
            $0.writingSeconds = 1.5
            $0.steps = 10
            $0.busySlots = 25
            $0.acceptedAtPosition = [4, 2]
        }
        let first = try parsed(metrics.text())
        #expect(first["llamacpp:prompt_tokens_seconds"]?.number == 200)
        #expect(first["llamacpp:predicted_tokens_seconds"]?.number == 20)
        #expect(first["llamacpp:n_busy_slots_per_decode"]?.number == 2.5)
        #expect(first["llamacpp:tokens_predicted_seconds_total"]?.number == 1.5)
        #expect(first["llamacpp:spec_decode_num_accepted_tokens_per_pos_total{position=\"1\"}"]?.number == 2)
        #expect(try parsed(metrics.text())["llamacpp:predicted_tokens_seconds"]?.number == 0)
    }

    @Test func `they follow the server's own numbers`() async throws {
        let own = Route(.get, "/metrics") { _ in .text("own 1\n") }
        let route = EngineRoutes.metrics(own, LlamaServerMetrics { EngineCounts() }, startedAt: 99)
        let response = try await route.handler(HTTPRequest(.get, "/metrics"))
        let text = String(decoding: try await response.collectBody(), as: UTF8.self)
        #expect(text.hasPrefix("own 1\n# HELP llamacpp:") && response.headers["Process-Start-Time-Unix"] == "99")
    }

    @Test func `what the options leave off says so`() async throws {
        let off = EngineRoutes.off([Route(.get, "/metrics") { _ in .text("x") }], "metrics", option: "--metrics")
        let error = await #expect(throws: ServiceError.self) { try await off[0].handler(HTTPRequest(.get, "/metrics")) }
        #expect(error?.code == .notSupported && error?.hint?.contains("--metrics") == true)
    }
}
