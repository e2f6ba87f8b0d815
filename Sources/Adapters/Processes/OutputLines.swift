import Synchronization

/// One line that a child wrote, without its line break.
public struct OutputLine: Sendable, Equatable {
    public enum Stream: Sendable { case output, error }
    public let stream: Stream
    /// Bytes that are not UTF-8 become U+FFFD.
    public let text: String
    /// Whether the line was longer than the bound and its rest was thrown away.
    public let isCut: Bool

    public init(_ stream: Stream, _ text: String, isCut: Bool = false) {
        self.stream = stream
        self.text = text
        self.isCut = isCut
    }
}

/// The lines of a child's output as they come, from both streams. Ends when the child has ended.
///
/// One consumer. The child is never slowed down: when the reader is slow the oldest waiting line is dropped and counted.
/// A reader that goes away changes nothing. A second reader at the same time ends at once.
public final class OutputLines: AsyncSequence, Sendable {
    public typealias Element = OutputLine

    public struct Bounds: Sendable, Equatable {
        /// Longer lines are cut.
        public var lineBytesMax = 8192
        /// Lines that wait for the reader.
        public var waitingMax = 1024
        /// Lines that `last` remembers.
        public var lastMax = 50

        public init() {}
    }

    private struct State {
        var waiting: [OutputLine] = []
        var last: [OutputLine] = []
        var droppedCount = 0
        var isFinished = false
        var reader: CheckedContinuation<OutputLine?, Never>?
    }

    private let bounds: Bounds
    private let state = Mutex(State())

    init(bounds: Bounds) { self.bounds = bounds }

    /// The newest lines, read or not, oldest first; for reports about a crash.
    public var last: [OutputLine] { state.withLock { $0.last } }

    /// How many lines were dropped because the reader was slow.
    public var droppedCount: Int { state.withLock { $0.droppedCount } }

    /// Called on the launcher's thread.
    func append(_ line: OutputLine) {
        let reader = state.withLock { state -> CheckedContinuation<OutputLine?, Never>? in
            state.last.append(line)
            if state.last.count > bounds.lastMax { state.last.removeFirst() }
            if let reader = state.reader.take() { return reader }
            state.waiting.append(line)
            if state.waiting.count > bounds.waitingMax {
                state.waiting.removeFirst()
                state.droppedCount += 1
            }
            return nil
        }
        reader?.resume(returning: line)
    }

    /// Lines that wait are still delivered.
    func finish() {
        let reader = state.withLock { state in
            state.isFinished = true
            return state.reader.take()
        }
        reader?.resume(returning: nil)
    }

    public func makeAsyncIterator() -> Iterator { Iterator(lines: self) }

    public struct Iterator: AsyncIteratorProtocol {
        let lines: OutputLines

        /// The next line; `nil` at the end, and when the reading task is cancelled.
        public func next() async -> OutputLine? { await lines.next() }
    }

    private enum NextAction {
        case deliver(OutputLine?)
        case wait
    }

    private func next() async -> OutputLine? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let action = state.withLock { state -> NextAction in
                    if !state.waiting.isEmpty { return .deliver(state.waiting.removeFirst()) }
                    // A cancellation may have come before there was a reader to wake.
                    if state.isFinished || state.reader != nil || Task.isCancelled { return .deliver(nil) }
                    state.reader = continuation
                    return .wait
                }
                if case .deliver(let line) = action { continuation.resume(returning: line) }
            }
        } onCancel: {
            state.withLock { $0.reader.take() }?.resume(returning: nil)
        }
    }
}

/// Cuts a stream of bytes into lines of bounded length. Pure.
struct LineCutter {
    private let lineBytesMax: Int
    private var pending: [UInt8] = []
    private var isCut = false

    init(lineBytesMax: Int) { self.lineBytesMax = lineBytesMax }

    /// The lines that `bytes` complete.
    mutating func append(_ bytes: some Sequence<UInt8>) -> [(text: String, isCut: Bool)] {
        var lines: [(text: String, isCut: Bool)] = []
        for byte in bytes {
            if byte == 0x0A {
                lines.append(take())
            } else if pending.count < lineBytesMax {
                pending.append(byte)
            } else {
                isCut = true
            }
        }
        return lines
    }

    /// What stands after the last line break, if anything does.
    mutating func end() -> (text: String, isCut: Bool)? { pending.isEmpty ? nil : take() }

    private mutating func take() -> (text: String, isCut: Bool) {
        if pending.last == 0x0D { pending.removeLast() }
        defer {
            pending.removeAll(keepingCapacity: true)
            isCut = false
        }
        return (String(decoding: pending, as: UTF8.self), isCut)
    }
}
