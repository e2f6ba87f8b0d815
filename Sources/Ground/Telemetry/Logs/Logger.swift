/// Writes structured log lines. A small value: copy it, add fields to the copy, hand it down.
///
/// The request id and the trace come from the task (`LogContext.current`, `SpanContext.current`).
public struct Logger: Sendable {
    public var label: String
    /// Lines below this level cost one comparison and are not written.
    public var levelMin: LogLevel
    public private(set) var fields = LogFields()
    private let sink: LogSink
    private let now: @Sendable () -> UnixTime

    public init(
        label: String, levelMin: LogLevel = .info, sink: LogSink,
        now: @escaping @Sendable () -> UnixTime = UnixTime.now
    ) {
        self.label = label
        self.levelMin = levelMin
        self.sink = sink
        self.now = now
    }

    /// A logger that writes `fields` with each line.
    public func with(_ fields: LogFields) -> Logger {
        var copy = self
        copy.fields = self.fields.merging(fields)
        return copy
    }

    /// The same for another part of the program.
    public func labelled(_ label: String) -> Logger {
        var copy = self
        copy.label = label
        return copy
    }

    public func log(
        _ level: LogLevel, _ message: @autoclosure () -> String, _ fields: @autoclosure () -> LogFields = LogFields()
    ) {
        guard level >= levelMin else { return }
        write(level, message(), fields(), LogContext.current, SpanContext.current)
    }

    /// Writes a line about a request from outside of it.
    ///
    /// - Parameters:
    ///   - level: how important it is.
    ///   - message: what happened.
    ///   - fields: of this line.
    ///   - context: the request's.
    ///   - span: the request's.
    public func log(
        _ level: LogLevel, _ message: @autoclosure () -> String, _ fields: @autoclosure () -> LogFields,
        of context: @autoclosure () -> LogContext, _ span: SpanContext
    ) {
        guard level >= levelMin else { return }
        write(level, message(), fields(), context(), span)
    }

    private func write(
        _ level: LogLevel, _ message: String, _ fields: LogFields, _ context: LogContext?, _ span: SpanContext?
    ) {
        let own = self.fields.merging(fields)
        let record = LogRecord(
            time: now(), level: level, label: label, message: message, requestID: context?.requestID, span: span,
            fields: context.map { own.merging($0.fields) } ?? own)
        sink.write(record)
    }

    public func trace(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> LogFields = LogFields()) {
        log(.trace, message(), fields())
    }

    public func debug(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> LogFields = LogFields()) {
        log(.debug, message(), fields())
    }

    public func info(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> LogFields = LogFields()) {
        log(.info, message(), fields())
    }

    public func notice(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> LogFields = LogFields()) {
        log(.notice, message(), fields())
    }

    public func warning(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> LogFields = LogFields()) {
        log(.warning, message(), fields())
    }

    public func error(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> LogFields = LogFields()) {
        log(.error, message(), fields())
    }

    public func critical(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> LogFields = LogFields()) {
        log(.critical, message(), fields())
    }
}

/// Where records go. Called on the thread that logs; must not block for long.
public struct LogSink: Sendable {
    public let write: @Sendable (LogRecord) -> Void

    public init(write: @escaping @Sendable (LogRecord) -> Void) { self.write = write }

    /// Lines as bytes, handed over at once, in the order of the calls of one thread.
    public static func lines(_ format: LogFormat, to write: @escaping @Sendable ([UInt8]) -> Void) -> LogSink {
        LogSink { write(format.line($0)) }
    }

    /// Lines into a bounded queue that another task empties.
    public static func queue(_ queue: LogQueue) -> LogSink { LogSink { queue.offer($0) } }

    public static let none = LogSink { _ in }
}
