/// One thing that is wrong with the configuration.
public struct ConfigurationProblem: Sendable, Equatable, CustomStringConvertible {
    /// The key: `server.port`. Empty when the problem belongs to no key.
    public let path: String
    public let source: ValueSource
    /// What is wrong and what is allowed. Never contains a secret.
    public let sentence: String

    public init(path: String, source: ValueSource, _ sentence: String) {
        self.path = path
        self.source = source
        self.sentence = sentence
    }

    public var description: String {
        path.isEmpty ? "\(source): \(sentence)" : "\(source): \(path) \(sentence)"
    }
}

/// Everything that is wrong with the configuration, found in one pass.
public struct ConfigurationErrors: Error, Sendable, Equatable, CustomStringConvertible {
    /// Not empty; in the order of the sources.
    public let problems: [ConfigurationProblem]

    public var description: String { problems.map(\.description).joined(separator: "\n") }
}
