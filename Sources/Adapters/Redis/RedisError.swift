/// Why Redis did not do what it was asked.
///
/// Never holds a password, a key or a value: of the server's own words only the first is kept, its error code.
public struct RedisError: Error, Sendable, Equatable {
    public enum Code: Sendable, Equatable {
        /// The address cannot be used as it is written.
        case settings
        /// The server cannot be reached. Nothing was sent.
        case connection
        /// The connection was lost after the command was sent: it may have been carried out.
        case lost
        /// The server did not answer in time: the command may have been carried out.
        case timeout
        /// Too many callers wait already.
        case busy
        /// The task was cancelled; the command may have been carried out.
        case cancelled
        /// The client was closed.
        case closed
        /// The server refused the command.
        case refused
        /// The server answered something else than the command gives, or what is no RESP.
        case unexpected
    }

    public let code: Code
    /// What happened, for the log.
    public let message: String
    /// The server's error code in capitals, such as `NOSCRIPT`, `WRONGTYPE`, `NOAUTH`, where it gave one.
    public let serverCode: String?

    public init(_ code: Code, _ message: String, serverCode: String? = nil) {
        self.code = code
        self.message = message
        self.serverCode = serverCode
    }

    static func refused(_ words: String) -> RedisError {
        let first = words.prefix { $0.isASCII && ($0.isUppercase || $0.isNumber || $0 == "_") }
        let code = first.isEmpty || first.count > 32 ? "ERR" : String(first)
        return RedisError(.refused, "Redis refused the command: \(code)", serverCode: code)
    }
}

extension RedisError: CustomStringConvertible {
    public var description: String { message }
}
