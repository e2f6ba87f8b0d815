/// A place in a text that a person can jump to. Both count from 1; the column counts Unicode characters.
public struct TextPosition: Sendable, Hashable, CustomStringConvertible {
    public let line: Int
    public let column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    public var description: String { "\(line):\(column)" }
}

/// Why a text is not the YAML that is read here, and where.
public struct YAMLError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, without the place.
    public let reason: String
    public let position: TextPosition

    public init(_ reason: String, at position: TextPosition) {
        self.reason = reason
        self.position = position
    }

    public var description: String { "line \(position.line), column \(position.column): \(reason)" }
}
