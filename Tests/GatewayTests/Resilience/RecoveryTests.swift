import Gateway
import TestRandomness
import Testing
import Vocabulary

@Suite struct RecoveryTests {
    private static let codes: [(ServiceError.Code, FailureClass)] = [
        (.modelUnavailable, .network), (.engineFailed, .network), (.unreadableAnswer, .parsing),
        (.rateLimited, .rateLimit), (.budgetExceeded, .rateLimit), (.timeout, .timeout), (.overloaded, .overload),
        (.insufficientMemory, .overload), (.unauthenticated, .refusal), (.internalError, .refusal),
        (.modelNotFound, .refusal), (.invalidValue, .content), (.contextLengthExceeded, .content),
        (.unsupported, .content), (.shuttingDown, .content), (.init(rawValue: "content_filter"), .content),
        (.init(rawValue: "invalid_api_key"), .refusal),
    ]

    @Test func `each code has its class`() {
        for (code, kind) in Self.codes { #expect(FailureClass(ServiceError(code, "")) == kind, "\(code.rawValue)") }
    }

    @Test func `what is wrong with the request is told at once`() {
        #expect(recovery(.invalidValue, hasNext: true, isEqual: true) == .giveUp)
        #expect(recovery(.contextLengthExceeded, hasNext: true) == .giveUp)
    }

    @Test func `a broken connection goes to an equal at once, and to a fallback after one more try`() {
        #expect(recovery(.engineFailed, hasNext: true, isEqual: true) == .next)
        #expect(isAgain(recovery(.engineFailed, hasNext: true)))
        #expect(recovery(.engineFailed, retries: 1, hasNext: true) == .next)
        #expect(isAgain(recovery(.modelUnavailable)) && isAgain(recovery(.modelUnavailable, retries: 1)))
        #expect(recovery(.modelUnavailable, retries: 2) == .giveUp)
    }

    @Test func `nonsense is tried once more where nobody else is there`() {
        #expect(recovery(.unreadableAnswer, hasNext: true) == .next)
        #expect(isAgain(recovery(.unreadableAnswer)))
        #expect(recovery(.unreadableAnswer, retries: 1) == .giveUp)
    }

    @Test func `silence goes to the next one, and never to the same`() {
        #expect(recovery(.timeout, hasNext: true) == .next)
        #expect(recovery(.timeout) == .giveUp)
        #expect(recovery(.internalError, hasNext: true) == .next && recovery(.internalError) == .giveUp)
    }

    @Test func `Retry-After is waited for as far as the route may wait`() {
        #expect(recovery(.rateLimited, retryAfter: .seconds(3)) == .again(.seconds(3)))
        #expect(recovery(.overloaded, retryAfter: .seconds(10)) == .again(.seconds(10)))
        #expect(recovery(.rateLimited, retryAfter: .seconds(11)) == .giveUp)
        #expect(recovery(.rateLimited, retryAfter: .seconds(3), hasNext: true) == .next)
        #expect(recovery(.overloaded, retryAfter: .seconds(1), policy: .direct) == .giveUp)
    }

    @Test func `nothing is tried beyond the time, the count and the budget`() {
        #expect(recovery(.engineFailed, hasNext: true, isEqual: true, timeLeft: .zero) == .giveUp)
        #expect(recovery(.rateLimited, retryAfter: .seconds(3), timeLeft: .seconds(2)) == .giveUp)
        #expect(recovery(.engineFailed, mayRetry: false) == .giveUp)
        #expect(recovery(.engineFailed, hasNext: true, mayRetry: false) == .next)
    }

    /// A whole request against servers that fail at random: it always ends, within the bounds.
    @Test(arguments: 0..<60) func `every course ends`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let places = Int.random(in: 1...8, using: &random)
        let policy = RetryPolicy(retriesMax: Int.random(in: 0...4, using: &random))
        var (place, retries, asked, waited) = (0, 0, 0, Duration.zero)
        var budget = RetryBudget(reserve: Double(Int.random(in: 0...10, using: &random)))
        let allowed = Int(budget.tokens)
        var again = 0
        while true {
            asked += 1
            guard asked <= 100 else {
                Issue.record("seed \(seed): it never ends")
                break
            }
            let code = Self.codes.randomElement(using: &random)?.0 ?? .timeout
            let hasNext = place + 1 < places
            let situation = Recovery.Situation(
                retries: retries, hasNext: hasNext, nextIsEqual: Bool.random(using: &random),
                timeLeft: .seconds(20) - waited)
            let next = Recovery.from(
                ServiceError(code, ""), situation, policy, mayRetry: { budget.withdraw() }, using: &random)
            if next == .giveUp { break }
            if case .again(let pause) = next {
                #expect(pause <= policy.pauseMax && pause < .seconds(20) - waited)
                retries += 1
                again += 1
                waited += pause
                #expect(retries <= policy.retriesMax)
            } else {
                place += 1
                retries = 0
                #expect(place < places)
            }
        }
        #expect(again <= allowed)
    }

    @Test func `pauses are spread over all that they may be, and grow`() {
        var random = SeededRandom(seed: 1)
        let policy = RetryPolicy(pause: .milliseconds(100), pauseMax: .seconds(1))
        for (retry, bound) in [(0, 100.0), (1, 200), (2, 400), (3, 800), (4, 1_000), (60, 1_000)] {
            let pauses = (0..<500).map { _ in policy.backoff(after: retry, using: &random) / .milliseconds(1) }
            #expect(pauses.allSatisfy { (0...bound).contains($0) })
            let mean = pauses.reduce(0, +) / 500
            #expect((0.42 * bound...0.58 * bound).contains(mean), "\(retry): \(mean)")
        }
    }

    @Test func `retries stay a fifth of requests`() {
        var budget = RetryBudget()
        var granted = 0
        for _ in 0..<10_000 {
            budget.deposit()
            for _ in 0..<3 where budget.withdraw() { granted += 1 }
        }
        #expect((2_000...2_010).contains(granted), "\(granted)")
    }

    @Test func `nobody is asked twice, and not more than eight`() {
        let behind = ["a": ["b", "c"], "b": ["a", "d"], "c": ["d"], "d": ["a"]]
        #expect(FallbackPolicy.chain(from: ["a"]) { behind[$0] ?? [] } == ["a", "b", "c", "d"])
        let long = FallbackPolicy.chain(from: ["0"]) { [String((Int($0) ?? 0) + 1)] }
        #expect(long.count == FallbackPolicy.attemptsMax && long.last == "7")
    }

    @Test func `the newest latencies count most`() {
        var average = LatencyAverage()
        #expect(average.seconds == nil)
        for second in 0..<60 { average.note(.milliseconds(100), at: .seconds(second)) }
        #expect(abs((average.seconds ?? 0) - 0.1) < 1e-6)
        for second in 60..<100 { average.note(.milliseconds(500), at: .seconds(second)) }
        #expect((0.45...0.5).contains(average.seconds ?? 0))
        // Many at the same moment move it a little each, and do not make the past forgotten at once.
        average.note(.seconds(10), at: .seconds(99))
        #expect((0.5...1.2).contains(average.seconds ?? 0))
    }

    private func recovery(
        _ code: ServiceError.Code, retryAfter: Duration? = nil, retries: Int = 0, hasNext: Bool = false,
        isEqual: Bool = false, timeLeft: Duration? = nil, policy: RetryPolicy = RetryPolicy(), mayRetry: Bool = true
    ) -> Recovery {
        var random = SeededRandom(seed: 3)
        return Recovery.from(
            ServiceError(code, "", retryAfter: retryAfter),
            .init(retries: retries, hasNext: hasNext, nextIsEqual: isEqual, timeLeft: timeLeft), policy,
            mayRetry: { mayRetry }, using: &random)
    }

    private func isAgain(_ recovery: Recovery) -> Bool { if case .again = recovery { true } else { false } }
}
