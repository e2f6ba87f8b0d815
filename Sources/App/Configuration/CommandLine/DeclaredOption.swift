/// A `CommandOption` whose type is forgotten, so that options of all types fit one list; or an option that a command
/// knows by name only.
public struct DeclaredOption: Sendable {
    /// What the command does with it.
    enum Standing: Sendable, Equatable {
        case works
        /// Taken, and without effect. The reason goes into a notice.
        case ignored(reason: String)
        /// Not taken. The reason is the error.
        case refused(reason: String)
    }

    let name: String
    let spellings: [String]
    let negations: [String]
    let variable: String?
    let bareValue: String?
    let placeholder: String
    let isFlag: Bool
    let isSecret: Bool
    let allowed: String
    let documentation: String
    private(set) var group: String?
    let standing: Standing
    let isAllowed: @Sendable (String) -> Bool
    /// Words that make its value.
    var wordCount = 1

    /// The same under a heading of the help.
    public func listed(under group: String) -> DeclaredOption {
        var option = self
        option.group = group
        return option
    }

    /// An option of a program that this command stands in for, and that changes nothing here.
    ///
    /// - Parameters:
    ///   - spellings: with their dashes.
    ///   - takesValue: whether one word belongs to it, whatever that is.
    ///   - variable: name in the environment.
    ///   - reason: why nothing is lost, as a sentence.
    /// - Returns: an option to list in a `Command`.
    public static func ignored(
        _ spellings: String..., takesValue: Bool = false, variable: String? = nil, because reason: String
    ) -> DeclaredOption {
        foreign(spellings, takesValue: takesValue, variable: variable, .ignored(reason: reason))
    }

    /// An option of a program that this command stands in for, and that it cannot do.
    ///
    /// - Parameters:
    ///   - spellings: with their dashes.
    ///   - variable: name in the environment.
    ///   - reason: why, and what to do instead: the end of a sentence, and more sentences.
    /// - Returns: an option to list in a `Command`.
    public static func refused(
        _ spellings: [String], variable: String? = nil, because reason: String
    ) -> DeclaredOption {
        foreign(spellings, takesValue: true, variable: variable, .refused(reason: reason))
    }

    private static func foreign(
        _ spellings: [String], takesValue: Bool, variable: String?, _ standing: Standing
    ) -> DeclaredOption {
        precondition(!spellings.isEmpty, "an option has a spelling")
        return DeclaredOption(
            name: spellings[0], spellings: spellings, negations: [], variable: variable, bareValue: nil,
            placeholder: "VALUE", isFlag: !takesValue, isSecret: false, allowed: "a text", documentation: "",
            group: nil, standing: standing, isAllowed: { _ in true })
    }
}
