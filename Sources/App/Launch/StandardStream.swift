import Foundation

/// Standard output and standard error of this process.
public enum StandardStream: Int32, Sendable {
    case output = 1
    case error = 2

    /// Whether a person looks at it.
    public var isTerminal: Bool { isatty(rawValue) == 1 }

    /// Writes all bytes; gives up silently when the other end is closed, as there is nobody left to tell.
    public func write(_ bytes: some Sequence<UInt8>) {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(rawValue, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN, waitForRoom() { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    public func write(_ text: String) { write(text.utf8) }

    /// A stream that does not block, such as a pipe that another process made so, may be full for a while.
    private func waitForRoom() -> Bool {
        var descriptor = pollfd(fd: rawValue, events: Int16(POLLOUT), revents: 0)
        return poll(&descriptor, 1, 5_000) > 0
    }
}

extension StandardStream {
    /// Whether a person looks who wants colours: `NO_COLOR` (no-color.org) and `TERM=dumb` say no.
    public var hasColor: Bool { isTerminal && Self.isColorWanted }

    private static let isColorWanted: Bool = {
        let environment = ProcessInfo.processInfo.environment
        return environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
    }()

    /// Text in a terminal colour when a person looks, else plain.
    public func styled(_ text: String, _ style: Style) -> String {
        hasColor ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// SGR codes (ECMA-48).
    public enum Style: String, Sendable {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
        case cyan = "36"
    }
}
