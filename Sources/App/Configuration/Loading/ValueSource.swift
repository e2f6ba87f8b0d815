/// Where a value comes from, in rising order of precedence.
public enum ValueSource: Sendable, Equatable, CustomStringConvertible {
    case builtIn
    case file(name: String, TextPosition)
    /// The overrides of a profile, written in a file.
    case profile(String, file: String, TextPosition)
    case environment(variable: String)
    /// As the user wrote it, with dashes.
    case argument(flag: String)

    public var description: String {
        switch self {
        case .builtIn: "default"
        case .file(let name, let position): "\(name):\(position)"
        case .profile(let profile, let file, let position): "\(file):\(position) (profile \(profile))"
        case .environment(let variable): variable
        case .argument(let flag): flag
        }
    }
}
