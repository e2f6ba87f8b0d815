import Foundation

/// Passwords from whoever types them: from the terminal without showing them, or from standard input where no person sits.
/// Never from an argument, which everybody on the machine can read.
public enum SecretInput {
    /// Longest line that is read, in bytes.
    public static let bytesMax = 4_096

    /// Whether a person types.
    public static var isTerminal: Bool { isatty(STDIN_FILENO) == 1 }

    /// Reads one line. Blocks its thread.
    ///
    /// - Parameter prompt: shown on standard error where a person types.
    /// - Returns: the line without its end; `nil` when there is none, or it is too long.
    public static func line(_ prompt: String) -> String? {
        guard isTerminal else { return read() }
        StandardStream.error.write(prompt)
        var before = termios()
        let isKnown = tcgetattr(STDIN_FILENO, &before) == 0
        if isKnown {
            var silent = before
            silent.c_lflag &= ~tcflag_t(ECHO)
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        }
        defer {
            if isKnown { tcsetattr(STDIN_FILENO, TCSAFLUSH, &before) }
            StandardStream.error.write("\n")
        }
        return read()
    }

    /// Byte by byte, so that nothing behind the line is taken away from who reads next.
    private static func read() -> String? {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while bytes.count <= bytesMax {
            let count = Foundation.read(STDIN_FILENO, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1 else { break }
            if byte == UInt8(ascii: "\n") {
                if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
                return String(validating: bytes, as: UTF8.self)
            }
            bytes.append(byte)
        }
        return bytes.isEmpty || bytes.count > bytesMax ? nil : String(validating: bytes, as: UTF8.self)
    }
}
