/// Why a file is not to be decoded.
public struct MediaFileError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// Nothing that is known begins like this.
        case unknown
        /// It is known and not read here.
        case unsupported
        /// It ends before it should.
        case truncated
        case damaged
        case tooLarge
    }

    public let code: Code
    /// What is wrong, after "the file cannot be used:".
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }

    static let cutOff = MediaFileError(.truncated, "it ends before it is whole")
}
