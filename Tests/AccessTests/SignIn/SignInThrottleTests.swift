import Telemetry
import Testing
import Vocabulary

@testable import Access

@Suite struct SignInThrottleTests {
    private static let start = UnixTime(seconds: 1_000_000)

    private func wait(_ throttle: inout SignInThrottle, _ name: String, _ address: String, _ now: UnixTime) -> Duration?
    {
        do throws(ServiceError) {
            _ = try throttle.begin(name: name, address: address, now: now)
            return nil
        } catch {
            #expect(error.code == .rateLimited)
            return error.retryAfter
        }
    }

    @Test func `after five failures each further one takes twice as long`() {
        var throttle = SignInThrottle()
        var now = Self.start
        for _ in 0..<6 { #expect(wait(&throttle, "ada", "a", now) == nil) }
        for seconds in [2, 4, 8, 16] {
            #expect(wait(&throttle, "ada", "a", now) == .seconds(seconds))
            now = now + .seconds(seconds)
            #expect(wait(&throttle, "ada", "a", now) == nil)
        }
    }

    @Test func `a refused attempt does not make it worse`() {
        var throttle = SignInThrottle()
        for _ in 0..<6 { #expect(wait(&throttle, "ada", "a", Self.start) == nil) }
        for _ in 0..<50 { #expect(wait(&throttle, "ada", "a", Self.start) == .seconds(2)) }
    }

    @Test func `who guesses does not lock others out`() {
        var throttle = SignInThrottle()
        for _ in 0..<20 { _ = wait(&throttle, "ada", "evil", Self.start) }
        #expect(wait(&throttle, "ada", "evil", Self.start) != nil)
        #expect(wait(&throttle, "ada", "home", Self.start) == nil)
        #expect(wait(&throttle, "bob", "evil", Self.start) == nil)
    }

    @Test func `one address that tries many names is slowed down`() {
        var throttle = SignInThrottle()
        for number in 0..<31 { #expect(wait(&throttle, "user\(number)", "evil", Self.start) == nil) }
        #expect(wait(&throttle, "another", "evil", Self.start) == .seconds(1))
        #expect(wait(&throttle, "another", "home", Self.start) == nil)
    }

    @Test func `many addresses that try one name are slowed down`() {
        var throttle = SignInThrottle()
        for number in 0..<101 { #expect(wait(&throttle, "ada", "address\(number)", Self.start) == nil) }
        #expect(wait(&throttle, "ada", "fresh", Self.start) == .seconds(1))
        #expect(wait(&throttle, "bob", "fresh", Self.start) == nil)
    }

    @Test func `attempts at the same time count before they end`() throws {
        var throttle = SignInThrottle()
        let attempts = try (0..<6).map { _ in try throttle.begin(name: "ada", address: "a", now: Self.start) }
        #expect(wait(&throttle, "ada", "a", Self.start) == .seconds(2))
        throttle.succeed(attempts[0])
        #expect(wait(&throttle, "ada", "a", Self.start) == nil)
    }

    @Test func `an account of one's own is no way around`() throws {
        var throttle = SignInThrottle()
        for number in 0..<40 { _ = wait(&throttle, "user\(number)", "evil", Self.start) }
        let later = Self.start + .seconds(2_000)
        let own = try throttle.begin(name: "mallory", address: "evil", now: later)
        throttle.succeed(own)
        #expect(wait(&throttle, "ada", "evil", later) != nil)
    }

    @Test func `an hour without a failure forgets`() {
        var throttle = SignInThrottle()
        for _ in 0..<20 { _ = wait(&throttle, "ada", "a", Self.start) }
        #expect(wait(&throttle, "ada", "a", Self.start + .seconds(3_600)) == nil)
        #expect(wait(&throttle, "ada", "a", Self.start + .seconds(3_600)) == nil)
    }

    @Test func `memory is bounded`() {
        var throttle = SignInThrottle()
        for number in 0..<30_000 { _ = wait(&throttle, "user\(number)", "address\(number)", Self.start) }
        #expect(throttle.count <= SignInThrottle.countMax)
    }
}
