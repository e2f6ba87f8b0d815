import Processes
import Testing

@testable import Platform

@Suite struct LogRingTests {
    @Test func `lines of our workers become sentences, and an error is the reason`() {
        let log = LogRing()
        log.append(OutputLine(.error, #"{"time":"t","level":"error","logger":"x","message":"no file","path":"/m"}"#))
        log.append(OutputLine(.error, "plain words"))
        log.note("ready")
        #expect(log.last(9).map(\.text) == ["error no file path=/m", "plain words", "ready"])
        #expect(log.last(9).map(\.stream) == ["error", "error", "event"])
        #expect(log.last(9).map(\.number) == [1, 2, 3])
        #expect(log.reason == "error no file path=/m")
        log.forgetReason()
        #expect(log.reason == "error no file path=/m | plain words")
    }

    @Test func `without an error the last lines are the reason`() {
        let log = LogRing()
        #expect(log.reason == nil)
        for line in ["a", "b", "c", "d"] { log.append(OutputLine(.output, line)) }
        log.note("crashed: status 1")
        #expect(log.reason == "b | c | d")
    }

    @Test func `the oldest lines go`() {
        let log = LogRing()
        for number in 0..<(LogRing.linesMax + 5) { log.append(OutputLine(.output, "\(number)")) }
        #expect(log.last(.max).count == LogRing.linesMax && log.last(.max).first?.text == "5")
        let long = LogRing()
        for _ in 0..<20 { long.append(OutputLine(.output, String(repeating: "x", count: LogRing.bytesMax / 8))) }
        #expect(long.last(.max).count == 8)
    }

    @Test func `readers get the newest lines and then those that come, until the end`() async throws {
        let log = LogRing()
        log.note("one")
        log.note("two")
        let lines = try #require(log.follow(last: 1))
        log.note("three")
        log.finish()
        var texts: [String] = []
        for await line in lines { texts.append(line.text) }
        #expect(texts == ["two", "three"])
    }

    @Test func `there is a bound on readers`() throws {
        let log = LogRing()
        let all = (0..<LogRing.readersMax).map { _ in log.follow(last: 0) }
        #expect(all.allSatisfy { $0 != nil } && log.follow(last: 0) == nil)
    }

    @Test(arguments: [1, 3, 7, 1_000]) func `a container's log is cut into lines, however it comes`(size: Int) {
        func frame(_ stream: UInt8, _ text: String) -> [UInt8] {
            [stream, 0, 0, 0, 0, 0, 0, UInt8(text.utf8.count)] + Array(text.utf8)
        }
        let bytes = frame(1, "ab") + frame(2, "err\nor") + frame(1, "c\n\nd\n") + frame(2, "\n") + frame(1, "")
        var cutter = ContainerLog()
        var lines: [OutputLine] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            lines += cutter.append(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        #expect(lines.map(\.text) == ["err", "abc", "", "d", "or"])
        #expect(lines.map(\.stream) == [.error, .output, .output, .output, .error])
    }

    @Test func `a line without an end does not grow`() {
        var cutter = ContainerLog()
        let head: [UInt8] = [1, 0, 0, 0, 0, 0, 0x80, 0]
        _ = cutter.append(head + [UInt8](repeating: 0x61, count: 0x8000))
        let lines = cutter.append([1, 0, 0, 0, 0, 0, 0, 1, 0x0A])
        #expect(lines.map(\.text.utf8.count) == [ContainerLog.lineBytesMax])
    }
}
