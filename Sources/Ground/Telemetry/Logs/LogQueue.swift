import Synchronization

/// Lines between those who log and the one who writes. Offering never waits; when the queue is full, the least important
/// lines go first, and the next batch says how many.
///
/// One consumer: `while let bytes = await queue.nextBatch() { write(bytes) }`. Any number of producers.
public final class LogQueue: Sendable {
    /// Memory for waiting lines, in bytes.
    public let byteCountMax: Int
    private let format: LogFormat
    private let now: @Sendable () -> UnixTime
    private let state = Mutex(State())
    private let wakeUp = WakeUp()

    private struct State {
        var backlog = LogBacklog()
        var isFinished = false
    }

    public init(
        byteCountMax: Int = 4 << 20, format: LogFormat, now: @escaping @Sendable () -> UnixTime = UnixTime.now
    ) {
        self.byteCountMax = byteCountMax
        self.format = format
        self.now = now
    }

    /// Takes a record. After `finish` it is dropped and counted.
    public func offer(_ record: LogRecord) {
        let line = format.line(record)
        let isFirst = state.withLock { state in
            let wasEmpty = state.backlog.isEmpty
            state.backlog.add(line, record.level, byteCountMax: state.isFinished ? 0 : byteCountMax)
            return wasEmpty
        }
        if isFirst { wakeUp.signal() }
    }

    /// No more lines will come: what waits is still delivered, then `nextBatch` answers `nil`.
    public func finish() {
        state.withLock { $0.isFinished = true }
        wakeUp.signal()
    }

    /// Waits for lines and takes all of them. `nil` after `finish`, or when the task is cancelled.
    public func nextBatch() async -> [UInt8]? {
        while true {
            let bytes = drain()
            if !bytes.isEmpty { return bytes }
            if state.withLock({ $0.isFinished }) || Task.isCancelled { return nil }
            await wakeUp.wait()
        }
    }

    /// Takes what waits, at once; empty when nothing does. A report on dropped lines stands at the end.
    public func drain() -> [UInt8] {
        let (lines, dropped) = state.withLock { $0.backlog.takeAll() }
        guard let dropped else { return lines }
        return lines + format.line(report(dropped))
    }

    /// All lines that were ever dropped.
    public var droppedCount: Int { state.withLock { $0.backlog.droppedEver } }

    private func report(_ dropped: [LogLevel: Int]) -> LogRecord {
        var fields = LogFields()
        for level in LogLevel.allCases {
            if let count = dropped[level] { fields[LogKey("dropped_" + level.name)] = .integer(Int64(count)) }
        }
        let count = dropped.values.reduce(0, +)
        return LogRecord(
            time: now(), level: .warning, label: "log", message: "\(count) log lines were dropped, the queue was full",
            fields: fields)
    }
}

/// The lines that wait, by level. Pure: the queue's decisions without its lock.
struct LogBacklog {
    private struct Line {
        let bytes: [UInt8]
        let number: Int
    }

    /// Lines of one level, oldest first; those before `head` are gone.
    private struct Lane {
        var lines: [Line] = []
        var head = 0
        var byteCount = 0
        var isEmpty: Bool { head == lines.count }

        mutating func removeFirst() -> Line {
            let line = lines[head]
            head += 1
            byteCount -= line.bytes.count
            if head > 256, head * 2 > lines.count {  // Each line moves once per halving: cheap on average.
                lines.removeFirst(head)
                head = 0
            }
            return line
        }
    }

    private var lanes = [Lane](repeating: Lane(), count: LogLevel.allCases.count)
    private var byteCount = 0
    private var numbered = 0
    private var dropped: [LogLevel: Int] = [:]
    private(set) var droppedEver = 0

    var isEmpty: Bool { byteCount == 0 && dropped.isEmpty }

    /// Adds a line; makes room by dropping older lines of lower levels, else drops the new one.
    mutating func add(_ bytes: [UInt8], _ level: LogLevel, byteCountMax: Int) {
        let lowerBytes = lanes[..<level.rawValue].reduce(0) { $0 + $1.byteCount }
        guard byteCount - lowerBytes + bytes.count <= byteCountMax else {
            return drop(level)
        }
        for lower in LogLevel.allCases where lower < level {
            while byteCount + bytes.count > byteCountMax, !lanes[lower.rawValue].isEmpty {
                byteCount -= lanes[lower.rawValue].removeFirst().bytes.count
                drop(lower)
            }
        }
        lanes[level.rawValue].lines.append(Line(bytes: bytes, number: numbered))
        lanes[level.rawValue].byteCount += bytes.count
        numbered += 1
        byteCount += bytes.count
    }

    /// All lines in the order of their arrival, and what was dropped since the last call.
    mutating func takeAll() -> (lines: [UInt8], dropped: [LogLevel: Int]?) {
        let waiting = lanes.filter { !$0.isEmpty }.map { $0.lines[$0.head...] }
        // Of one level they stand in their order.
        let lines = waiting.count == 1 ? waiting[0] : waiting.joined().sorted { $0.number < $1.number }[...]
        var bytes: [UInt8] = []
        bytes.reserveCapacity(byteCount)
        for line in lines { bytes += line.bytes }
        lanes = [Lane](repeating: Lane(), count: lanes.count)
        byteCount = 0
        defer { dropped = [:] }
        return (bytes, dropped.isEmpty ? nil : dropped)
    }

    private mutating func drop(_ level: LogLevel) {
        dropped[level, default: 0] += 1
        droppedEver += 1
    }
}
