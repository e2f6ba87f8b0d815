import Telemetry
import Testing
import Vocabulary

@testable import Access

@Suite struct SignInThrottleTests {
    private static let start = UnixTime(seconds: 1_000_000)

    private let store = MemoryTallies()

    private var throttle: SignInThrottle {
        SignInThrottle(store) { text in Array(text.utf8) }
    }

    private func wait(_ throttle: SignInThrottle, _ name: String, _ address: String, _ now: UnixTime) async throws
        -> Duration?
    {
        do {
            _ = try await throttle.begin(name: name, address: address, now: now)
            return nil
        } catch let error as ServiceError {
            #expect(error.code == .rateLimited)
            return error.retryAfter
        }
    }

    @Test func `after five failures each further one takes twice as long`() async throws {
        let throttle = throttle
        var now = Self.start
        for _ in 0..<6 { #expect(try await wait(throttle, "ada", "a", now) == nil) }
        for seconds in [2, 4, 8, 16] {
            #expect(try await wait(throttle, "ada", "a", now) == .seconds(seconds))
            now = now + .seconds(seconds)
            #expect(try await wait(throttle, "ada", "a", now) == nil)
        }
    }

    @Test func `a refused attempt does not make it worse`() async throws {
        let throttle = throttle
        for _ in 0..<6 { #expect(try await wait(throttle, "ada", "a", Self.start) == nil) }
        for _ in 0..<50 { #expect(try await wait(throttle, "ada", "a", Self.start) == .seconds(2)) }
    }

    @Test func `who guesses does not lock others out`() async throws {
        let throttle = throttle
        for _ in 0..<20 { _ = try await wait(throttle, "ada", "evil", Self.start) }
        #expect(try await wait(throttle, "ada", "evil", Self.start) != nil)
        #expect(try await wait(throttle, "ada", "home", Self.start) == nil)
        #expect(try await wait(throttle, "bob", "evil", Self.start) == nil)
    }

    @Test func `one address that tries many names is slowed down`() async throws {
        let throttle = throttle
        for number in 0..<31 { #expect(try await wait(throttle, "user\(number)", "evil", Self.start) == nil) }
        #expect(try await wait(throttle, "another", "evil", Self.start) == .seconds(1))
        #expect(try await wait(throttle, "another", "home", Self.start) == nil)
    }

    @Test func `many addresses that try one name are slowed down`() async throws {
        let throttle = throttle
        for number in 0..<101 { #expect(try await wait(throttle, "ada", "address\(number)", Self.start) == nil) }
        #expect(try await wait(throttle, "ada", "fresh", Self.start) == .seconds(1))
        #expect(try await wait(throttle, "bob", "fresh", Self.start) == nil)
    }

    @Test func `attempts at the same time count before they end`() async throws {
        let throttle = throttle
        var attempts: [SignInThrottle.Attempt] = []
        for _ in 0..<6 { attempts.append(try await throttle.begin(name: "ada", address: "a", now: Self.start)) }
        #expect(try await wait(throttle, "ada", "a", Self.start) == .seconds(2))
        try await throttle.succeed(attempts[0])
        #expect(try await wait(throttle, "ada", "a", Self.start) == nil)
    }

    @Test func `an account of one's own is no way around`() async throws {
        let throttle = throttle
        for number in 0..<40 { _ = try await wait(throttle, "user\(number)", "evil", Self.start) }
        let later = Self.start + .seconds(2_000)
        let own = try await throttle.begin(name: "mallory", address: "evil", now: later)
        try await throttle.succeed(own)
        #expect(try await wait(throttle, "ada", "evil", later) != nil)
    }

    @Test func `an hour without a failure forgets`() async throws {
        let throttle = throttle
        for _ in 0..<20 { _ = try await wait(throttle, "ada", "a", Self.start) }
        #expect(try await wait(throttle, "ada", "a", Self.start + .seconds(3_600)) == nil)
        #expect(try await wait(throttle, "ada", "a", Self.start + .seconds(3_600)) == nil)
    }

    @Test func `what was counted is counted by the next process, and by one beside it`() async throws {
        for _ in 0..<6 { #expect(try await wait(throttle, "ada", "a", Self.start) == nil) }
        #expect(try await wait(throttle, "ada", "a", Self.start) == .seconds(2))
    }

    @Test func `an attempt that is taken back counts for nothing, also when its task has ended`() async throws {
        let throttle = throttle
        for _ in 0..<20 {
            let attempt = try await throttle.begin(name: "ada", address: "a", now: Self.start)
            let gone = Task { try await throttle.release(attempt) }
            gone.cancel()
            try await gone.value
        }
        #expect(store.all.isEmpty)
    }

    @Test func `what does not matter any more goes`() async throws {
        let throttle = throttle
        for number in 0..<2 * SignInThrottle.trimEvery {
            let now = Self.start + .seconds(20 * number)
            _ = try await wait(throttle, "user\(number)", "address\(number)", now)
        }
        // The last attempt was one that looks what is left.
        let oldest = try #require(store.all.values.map(\.last).min())
        #expect(oldest >= Self.start + .seconds(20 * (2 * SignInThrottle.trimEvery - 1) - 3_600))
    }
}
