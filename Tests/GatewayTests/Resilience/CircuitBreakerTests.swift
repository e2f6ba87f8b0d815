import Gateway
import TestRandomness
import Testing

@Suite struct CircuitBreakerTests {
    private typealias Breaker = CircuitBreaker<Instant>

    @Test func `five failures within the window open it, for sixty seconds`() {
        var breaker = Breaker()
        for second in 0..<4 { breaker.failed(at: Instant(Double(second))) }
        #expect(breaker.standing == .closed && breaker.admit(at: Instant(4)) == nil)
        #expect(breaker.failures(at: Instant(4)) == 4)
        breaker.failed(at: Instant(4))
        #expect(breaker.standing == .open)
        #expect(breaker.admit(at: Instant(5)) == .seconds(59))
        #expect(breaker.admit(at: Instant(63.5)) == .milliseconds(500))
    }

    @Test func `failures that lie farther apart than the window do not count together`() {
        var breaker = Breaker()
        for step in 0..<100 {
            breaker.failed(at: Instant(Double(step) * 16))
            // At most four lie within a minute.
            #expect(breaker.standing == .closed)
        }
    }

    @Test func `an answer in between forgives nothing within the window`() {
        var breaker = Breaker()
        for _ in 0..<5 {
            breaker.succeeded()
            breaker.failed(at: Instant(1))
        }
        #expect(breaker.standing == .open)
    }

    @Test func `half open lets one through, and its end decides`() {
        var breaker = opened()
        #expect(breaker.admit(at: Instant(60)) == nil)
        #expect(breaker.standing == .halfOpen)
        #expect(breaker.admit(at: Instant(60)) != nil && breaker.admit(at: Instant(61)) != nil)
        breaker.failed(at: Instant(62))
        #expect(breaker.standing == .open && breaker.wait(at: Instant(62)) == .seconds(60))
        #expect(breaker.admit(at: Instant(122)) == nil)
        breaker.succeeded()
        #expect(breaker.standing == .closed && breaker.failures(at: Instant(122)) == 0)
    }

    @Test func `a probe that tells nothing makes room for the next one`() {
        var breaker = opened()
        #expect(breaker.admit(at: Instant(60)) == nil)
        breaker.abandoned(at: Instant(61))
        #expect(breaker.standing == .open && breaker.admit(at: Instant(61)) == nil)
    }

    @Test func `a probe whose end nobody tells does not close the door for ever`() {
        var breaker = opened()
        #expect(breaker.admit(at: Instant(60)) == nil)
        #expect(breaker.admit(at: Instant(119)) != nil)
        #expect(breaker.admit(at: Instant(120)) == nil)
    }

    @Test func `late failures of old requests do not lengthen the pause`() {
        var breaker = opened()
        for second in 1..<50 { breaker.failed(at: Instant(Double(second))) }
        #expect(breaker.wait(at: Instant(59)) == .seconds(1))
    }

    @Test func `asking whether it would admit changes nothing`() {
        let breaker = opened()
        #expect(breaker.wait(at: Instant(60)) == nil && breaker.standing == .open)
    }

    /// Against a model that keeps every failure and knows nothing of states.
    @Test(arguments: 0..<40) func `whatever happens, it says what the rules say`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let policy = Breaker.Policy(
            failuresMax: Int.random(in: 1...6, using: &random),
            window: .seconds(Int.random(in: 1...30, using: &random)),
            pause: .seconds(Int.random(in: 1...30, using: &random)))
        var breaker = Breaker(policy: policy)
        var model = Model(policy: policy)
        var now = 0.0
        for step in 0..<400 {
            now += [0, 0, 0.25, 1, 5].randomElement(using: &random) ?? 0
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<4:
                #expect((breaker.admit(at: Instant(now)) == nil) == model.admit(now), "seed \(seed) step \(step)")
            case 4..<8:
                breaker.failed(at: Instant(now))
                model.failed(now)
            case 8:
                breaker.succeeded()
                model.succeeded()
            default:
                breaker.abandoned(at: Instant(now))
                model.abandoned(now)
            }
            #expect((breaker.wait(at: Instant(now)) == nil) == model.wouldAdmit(now), "seed \(seed) step \(step)")
            #expect((breaker.standing == .closed) == (model.openUntil == nil && model.probe == nil))
        }
    }

    private func opened() -> Breaker {
        var breaker = Breaker()
        for _ in 0..<5 { breaker.failed(at: Instant(0)) }
        return breaker
    }
}

private struct Model {
    let policy: CircuitBreaker<Instant>.Policy
    var failures: [Double] = []
    var openUntil: Double?
    var probe: Double?

    init(policy: CircuitBreaker<Instant>.Policy) { self.policy = policy }

    private var window: Double { policy.window / .seconds(1) }
    private var pause: Double { policy.pause / .seconds(1) }

    func wouldAdmit(_ now: Double) -> Bool {
        if let probe { return now - probe >= pause }
        if let openUntil { return now >= openUntil }
        return true
    }

    mutating func admit(_ now: Double) -> Bool {
        guard wouldAdmit(now) else { return false }
        if probe != nil || openUntil != nil {
            probe = now
            openUntil = nil
        }
        return true
    }

    mutating func failed(_ now: Double) {
        if probe != nil {
            probe = nil
            openUntil = now + pause
        } else if openUntil == nil {
            failures.append(now)
            if failures.count(where: { now - $0 < window }) >= policy.failuresMax { openUntil = now + pause }
        }
    }

    mutating func succeeded() {
        guard probe != nil || openUntil != nil else { return }
        (probe, openUntil, failures) = (nil, nil, [])
    }

    mutating func abandoned(_ now: Double) {
        guard probe != nil else { return }
        (probe, openUntil) = (nil, now)
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
