import Glibc
import HTTPServing
import JSONText
import Streaming

/// A stream of server-sent events at a fixed pace, from number 0 on, without an end.
///
/// Each says when it was due, in nanoseconds of `CLOCK_MONOTONIC`, so that a reader on the same machine can tell how
/// late it arrived. A late event does not move the ones after it.
enum NumberedEvents {
    static func response(every interval: Duration) -> HTTPResponse {
        .events { writer in
            let clock = SuspendingClock()
            let began = clock.now
            let beganNanoseconds = monotonicNanoseconds()
            var number = 0
            while true {
                let after = interval * number
                try await Task.sleep(until: began + after, clock: clock)
                let due = beganNanoseconds + Int64(after / .nanoseconds(1))
                let data: JSONValue = ["n": .integer(Int64(number)), "due_ns": .integer(due)]
                try await writer.write(ServerSentEvent(data: data.text))
                number += 1
            }
        }
    }

    private static func monotonicNanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
