import Hosting
import TestRandomness
import Testing
import Vocabulary

@Suite struct DeploymentDecisionTests {
    // MARK: The breaker

    @Test func `a server that fails again and again is left alone, for longer and longer`() {
        var breaker = CircuitBreaker<Instant>()
        for _ in 0..<4 { breaker.failed(at: Instant(0)) }
        #expect(!breaker.isOpen && breaker.admit(at: Instant(0)) == nil)
        breaker.failed(at: Instant(0))
        #expect(breaker.isOpen && breaker.admit(at: Instant(1)) == .seconds(1))
        // One tries; the others wait for what becomes of it.
        #expect(breaker.admit(at: Instant(2)) == nil)
        #expect(breaker.admit(at: Instant(2)) == .seconds(2))
        breaker.failed(at: Instant(2))
        #expect(breaker.admit(at: Instant(5)) == .seconds(1))
        #expect(breaker.admit(at: Instant(6)) == nil)
        breaker.succeeded()
        #expect(!breaker.isOpen && breaker.admit(at: Instant(6)) == nil)
    }

    @Test func `a trial whose end nobody tells does not close the door for ever`() {
        var breaker = CircuitBreaker<Instant>()
        for _ in 0..<5 { breaker.failed(at: Instant(0)) }
        #expect(breaker.admit(at: Instant(10)) == nil)
        #expect(breaker.admit(at: Instant(69)) != nil)
        #expect(breaker.admit(at: Instant(70)) == nil)
        breaker.abandoned(at: Instant(70))
        #expect(breaker.admit(at: Instant(70)) == nil)
    }

    @Test func `success in between forgives`() {
        var breaker = CircuitBreaker<Instant>()
        for _ in 0..<100 {
            for _ in 0..<4 { breaker.failed(at: Instant(0)) }
            breaker.succeeded()
        }
        #expect(!breaker.isOpen)
    }

    // MARK: Templates

    @Test func `values are filled in where they are named`() throws {
        let values = ["PORT": "80", "MODEL": "/m ${PORT}"]
        #expect(try CommandTemplate.filled("a:${PORT}/${PORT}", values) == "a:80/80")
        // What a value holds is no template.
        #expect(try CommandTemplate.filled("${MODEL}", values) == "/m ${PORT}")
        #expect(try CommandTemplate.filled("$${PORT} $PORT ${PORT", values) == "${PORT} $PORT ${PORT")
        let unknown = try #require(throws: CommandTemplate.Unknown.self) {
            _ = try CommandTemplate.filled("x ${HOST}", values)
        }
        #expect(unknown.name == "HOST" && unknown.known == ["MODEL", "PORT"])
    }

    // MARK: Fallback

    @Test func `nobody is asked twice, and not more than eight`() {
        let behind = ["a": ["b", "c"], "b": ["a", "d"], "c": ["d"], "d": ["a"]]
        #expect(FallbackPolicy.chain(from: "a") { behind[$0] ?? [] } == ["a", "b", "c", "d"])
        let long = FallbackPolicy.chain(from: "0") { [String((Int($0) ?? 0) + 1)] }
        #expect(long.count == FallbackPolicy.attemptsMax && long.last == "7")
    }

    @Test func `another one answers for a server's failure and not for a request's`() {
        for code in [ServiceError.Code.modelUnavailable, .engineFailed, .timeout, .overloaded, .insufficientMemory] {
            #expect(FallbackPolicy.permits(ServiceError(code, "")))
        }
        for code in [ServiceError.Code.invalidValue, .modelNotFound, .unsupported, .shuttingDown] {
            #expect(!FallbackPolicy.permits(ServiceError(code, "")))
        }
    }

    // MARK: Replicas

    @Test func `the least busy one answers, and equal ones take turns`() {
        let three = [1: 2, 2: 0, 3: 0].map { ReplicaChoice.Candidate(id: $0.key, inFlight: $0.value) }.sorted {
            $0.id < $1.id
        }
        let chosen = (0..<4).map { ReplicaChoice.choose(three, affinity: nil, turn: $0) }
        #expect(chosen == [2, 3, 2, 3])
        #expect(ReplicaChoice.choose([], affinity: 1, turn: 0) == nil)
    }

    @Test func `a conversation comes back to its server, unless that has much more to do`() throws {
        var candidates = (1...4).map { ReplicaChoice.Candidate(id: $0, inFlight: 0) }
        let affinity = ReplicaChoice.affinity(of: ["tenant", "You are kind."])
        let home = try #require(ReplicaChoice.choose(candidates, affinity: affinity, turn: 0))
        for turn in 1..<20 { #expect(ReplicaChoice.choose(candidates, affinity: affinity, turn: turn) == home) }
        candidates[home - 1].inFlight = ReplicaChoice.slack
        #expect(ReplicaChoice.choose(candidates, affinity: affinity, turn: 0) == home)
        candidates[home - 1].inFlight = ReplicaChoice.slack + 1
        #expect(ReplicaChoice.choose(candidates, affinity: affinity, turn: 0) != home)
        #expect(ReplicaChoice.affinity(of: ["ab", "c"]) != ReplicaChoice.affinity(of: ["a", "bc"]))
    }

    @Test func `conversations spread over all servers, and move only when theirs goes`() {
        var random = SeededRandom(seed: 5)
        let four = (1...4).map { ReplicaChoice.Candidate(id: $0, inFlight: 0) }
        let three = four.filter { $0.id != 3 }
        var counts: [Int: Int] = [:]
        for _ in 0..<4_000 {
            let affinity = UInt64.random(in: 0 ... .max, using: &random)
            let before = ReplicaChoice.choose(four, affinity: affinity, turn: 0)
            let after = ReplicaChoice.choose(three, affinity: affinity, turn: 0)
            counts[before ?? 0, default: 0] += 1
            #expect(before == after || before == 3)
        }
        for id in 1...4 { #expect((900...1_100).contains(counts[id] ?? 0), "\(counts)") }
    }
}

private struct Instant: InstantProtocol, Sendable {
    typealias Duration = Swift.Duration
    let seconds: Double
    init(_ seconds: Double) { self.seconds = seconds }
    static func < (left: Self, right: Self) -> Bool { left.seconds < right.seconds }
    func advanced(by duration: Duration) -> Self { Instant(seconds + duration / .seconds(1)) }
    func duration(to other: Self) -> Duration { .seconds(other.seconds - seconds) }
}
