/// An option of a command that is no configuration key: `--json`, `--lines 50`.
public struct CommandOption<Value: Sendable>: Sendable {
    /// Without dashes.
    public let name: String
    /// Every way to write it, with its dashes, the usual one first.
    public let spellings: [String]
    /// Spellings that set a flag to false, with their dashes: `--no-mmap`.
    public let negations: [String]
    /// The variable of the environment that is read where the command line does not have the option.
    public let variable: String?
    /// What applies when the option is the last word, or the next word is no value of it.
    public let bareValue: String?
    public let kind: ValueKind<Value>
    /// One sentence.
    public let documentation: String
    /// A refused value is not repeated in the error.
    public let isSecret: Bool

    /// - Parameters:
    ///   - name: without dashes.
    ///   - short: one letter: `-n`.
    ///   - kind: what values may be.
    ///   - documentation: one sentence.
    public init(_ name: String, short: Character? = nil, _ kind: ValueKind<Value>, _ documentation: String) {
        self.init(name, also: short.map { ["-\($0)"] } ?? [], kind, documentation)
    }

    /// An option with several spellings.
    ///
    /// - Parameters:
    ///   - name: without dashes.
    ///   - also: further spellings, with their dashes: `-np`.
    ///   - negations: spellings that mean false.
    ///   - variable: name in the environment.
    ///   - bareValue: what the option means without a value.
    ///   - isSecret: keeps refused values out of errors.
    ///   - kind: what values may be.
    ///   - documentation: one sentence.
    public init(
        _ name: String, also: [String], negations: [String] = [], variable: String? = nil, bareValue: String? = nil,
        isSecret: Bool = false, _ kind: ValueKind<Value>, _ documentation: String
    ) {
        self.name = name
        spellings = ["--\(name)"] + also
        self.negations = negations
        self.variable = variable
        self.bareValue = bareValue
        self.kind = kind
        self.documentation = documentation
        self.isSecret = isSecret
    }

    /// To list it in a `Command`.
    public var declared: DeclaredOption {
        var option = DeclaredOption(
            name: name, spellings: spellings, negations: negations, variable: variable, bareValue: bareValue,
            placeholder: kind.placeholder, isFlag: kind.isFlag, isSecret: isSecret, allowed: kind.allowed,
            documentation: documentation, group: nil, standing: .works, isAllowed: { kind.read($0) != nil })
        option.wordCount = kind.wordCount
        return option
    }
}
