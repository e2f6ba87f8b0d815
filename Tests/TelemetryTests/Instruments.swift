import Synchronization

@testable import Telemetry

/// A clock that moves only when told.
final class ManualTime: Sendable {
    private let time: Mutex<UnixTime>

    /// 2026-11-21T03:20:00.123Z
    init(_ start: UnixTime = UnixTime(nanoseconds: 1_795_231_200_123_000_000)) { time = Mutex(start) }

    func advance(by duration: Duration) { time.withLock { $0 = $0 + duration } }

    var now: @Sendable () -> UnixTime { { self.time.withLock { $0 } } }
}

/// Numbers for ids: 1, 2, 3, …
final class CountingRandom: Sendable {
    private let last = Mutex<UInt64>(0)

    var next: @Sendable () -> UInt64 {
        {
            self.last.withLock {
                $0 += 1
                return $0
            }
        }
    }
}

/// What was sent or written, in order.
final class Collected<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])
    func append(_ element: Element) { elements.withLock { $0.append(element) } }
    var all: [Element] { elements.withLock { $0 } }
}

/// Lets other tasks run until a condition holds; `false` when it never does.
func eventually(_ condition: () -> Bool) async -> Bool {
    let deadline = ContinuousClock.now + .seconds(10)
    while ContinuousClock.now < deadline {
        if condition() { return true }
        await Task.yield()
    }
    return condition()
}
