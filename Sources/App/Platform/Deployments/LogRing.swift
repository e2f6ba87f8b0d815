import Hosting
import JSONText
import Processes
import Synchronization
import Telemetry

/// The newest lines of a deployment, whichever of its processes wrote them, and those who read on.
final class LogRing: Sendable {
    /// Lines that are kept.
    static let linesMax = 2_000
    /// Bytes of text that are kept.
    static let bytesMax = 1 << 20
    /// Lines that wait for one reader; the oldest are dropped, and the numbers show it.
    static let waitingMax = 1_024
    /// Lines that are told as the reason of a failure.
    private static let reasonLines = 3
    /// Readers at the same time.
    static let readersMax = 32

    private struct State {
        var lines: [DeploymentLogLine] = []
        var bytes = 0
        var count: UInt64 = 0
        var readers: [UInt64: AsyncStream<DeploymentLogLine>.Continuation] = [:]
        var readerCount: UInt64 = 0
        var isOver = false
        /// The newest line that told of an error.
        var reason: String?
    }

    private let state = Mutex(State())

    /// Takes a line of a process. Lines of our own workers are JSON; what they say is kept.
    func append(_ line: OutputLine) {
        guard !line.text.isEmpty else { return }
        let value = line.text.hasPrefix("{") ? Self.object(line.text) : nil
        let level = value?["level"]?.string.flatMap { LogLevel(name: $0) }
        let text = value.map(Self.sentence) ?? line.text
        append(text, stream: line.stream == .output ? "output" : "error", isError: (level ?? .info) >= .error)
    }

    /// Adds a remark of the platform.
    func note(_ text: String) { append(text, stream: "event", isError: false) }

    /// Why the last process failed, as far as its own words tell: its newest error, else its last lines.
    var reason: String? {
        state.withLock { state in
            if let reason = state.reason { return reason }
            let last = state.lines.suffix(32).filter { $0.stream != "event" }.suffix(Self.reasonLines)
            return last.isEmpty ? nil : last.map { String($0.text.prefix(300)) }.joined(separator: " | ")
        }
    }

    /// What was an error of an earlier process explains nothing of the next one.
    func forgetReason() { state.withLock { $0.reason = nil } }

    /// The newest lines, oldest first.
    func last(_ count: Int) -> [DeploymentLogLine] { state.withLock { Array($0.lines.suffix(count)) } }

    /// The newest lines, then those that come. Ends when the reader goes; `nil` when there are too many readers.
    func follow(last count: Int) -> AsyncStream<DeploymentLogLine>? {
        let (stream, continuation) = AsyncStream.makeStream(
            of: DeploymentLogLine.self, bufferingPolicy: .bufferingNewest(max(count, Self.waitingMax)))
        let id: UInt64? = state.withLock { state in
            guard state.readers.count < Self.readersMax else { return nil }
            state.readerCount += 1
            for line in state.lines.suffix(count) { continuation.yield(line) }
            if state.isOver { continuation.finish() } else { state.readers[state.readerCount] = continuation }
            return state.readerCount
        }
        guard let id else { return nil }
        continuation.onTermination = { [weak self] _ in
            _ = self?.state.withLock { $0.readers.removeValue(forKey: id) }
        }
        return stream
    }

    /// Nobody is to wait for more lines: the deployment, or the server, is at its end.
    func finish() {
        let readers = state.withLock { state in
            state.isOver = true
            defer { state.readers = [:] }
            return Array(state.readers.values)
        }
        for reader in readers { reader.finish() }
    }

    private func append(_ text: String, stream: String, isError: Bool) {
        let (line, readers) = state.withLock { state in
            state.count += 1
            let line = DeploymentLogLine(
                number: state.count, time: UnixTime.now().rfc3339, stream: stream, text: text)
            state.lines.append(line)
            state.bytes += text.utf8.count
            while state.lines.count > Self.linesMax || state.bytes > Self.bytesMax, !state.lines.isEmpty {
                state.bytes -= state.lines.removeFirst().text.utf8.count
            }
            if isError { state.reason = String(text.prefix(300)) }
            return (line, Array(state.readers.values))
        }
        for reader in readers { reader.yield(line) }
    }

    private static func object(_ text: String) -> JSONValue? {
        do {
            let value = try JSONValue.parse(text)
            return value.object == nil ? nil : value
        } catch {
            return nil
        }
    }

    /// A line of our own workers in one sentence: level, message, and what stands beside it.
    private static func sentence(_ line: JSONValue) -> String {
        let skipped: Set<String> = ["time", "level", "logger", "message"]
        let beside = (line.object ?? [:]).filter { !skipped.contains($0.key) && !$0.value.isNull }.map {
            "\($0.key)=\($0.value.string ?? $0.value.text)"
        }
        let words = [line["level"]?.string, line["message"]?.string].compactMap(\.self) + beside
        return words.joined(separator: " ")
    }
}
