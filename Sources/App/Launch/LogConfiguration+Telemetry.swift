public import Configuration
public import Telemetry

extension LogConfiguration.Level {
    /// The same level in the words of the log.
    public var logLevel: LogLevel {
        switch self {
        case .trace: .trace
        case .debug: .debug
        case .info: .info
        case .warning: .warning
        case .error: .error
        }
    }
}

extension LogConfiguration.Format {
    /// What `auto` means for a stream: for people on a terminal, JSON elsewhere.
    public func resolved(for stream: StandardStream) -> LogFormat {
        switch self {
        case .json: .json
        case .human: .human(isColoured: stream.hasColor)
        case .auto: stream.isTerminal ? .human(isColoured: stream.hasColor) : .json
        }
    }
}
