import JSONText

/// The declaration of one key: its path, kind, meaning and place in `Root`. The default is what `Root` starts with.
///
/// Everything else is derived from it: reading, checking, environment name, flag, help, report and JSON Schema.
struct Setting<Root>: Sendable {
    /// Dotted: `server.port`.
    let path: String
    /// A short flag beside `--<path>`, without dashes: `port`.
    let alias: String?
    /// A variable of other programs that means the same: `HF_TOKEN`. Used where nothing of ours says otherwise.
    let customaryVariable: String?
    /// One sentence.
    let documentation: String
    let isSecret: Bool
    let allowed: String
    let placeholder: String
    let schema: JSONObject
    let isFlag: Bool
    /// Puts a raw value into the root; false when it is not allowed, and then the root is unchanged.
    let apply: @Sendable (RawValue, inout Root) -> Bool
    /// The value in the root as it would be written in a file.
    let current: @Sendable (Root) -> JSONValue

    init<Value>(
        _ path: String, _ place: any WritableKeyPath<Root, Value> & Sendable, _ kind: ValueKind<Value>,
        alias: String? = nil, customaryVariable: String? = nil, isSecret: Bool = false, _ documentation: String
    ) {
        self.path = path
        self.alias = alias
        self.customaryVariable = customaryVariable
        self.documentation = documentation
        self.isSecret = isSecret
        allowed = kind.allowed
        placeholder = kind.placeholder
        schema = kind.schema
        isFlag = kind.isFlag
        apply = { raw, root in
            let value =
                switch raw {
                case .text(let text): kind.read(text)
                case .json(let json): kind.decode(json)
                }
            guard let value else { return false }
            root[keyPath: place] = value
            return true
        }
        current = { kind.encode($0[keyPath: place]) }
    }

    private init(
        path: String, documentation: String, isSecret: Bool, allowed: String, placeholder: String, schema: JSONObject,
        isFlag: Bool, apply: @escaping @Sendable (RawValue, inout Root) -> Bool,
        current: @escaping @Sendable (Root) -> JSONValue
    ) {
        self.path = path
        alias = nil
        customaryVariable = nil
        self.documentation = documentation
        self.isSecret = isSecret
        self.allowed = allowed
        self.placeholder = placeholder
        self.schema = schema
        self.isFlag = isFlag
        self.apply = apply
        self.current = current
    }

    /// The same key as one of something larger. Aliases and other programs' variables are of one place only, and are not
    /// taken along.
    ///
    /// - Parameters:
    ///   - place: where the larger thing has this `Root`.
    ///   - prefix: what comes before the path, without a dot at its end.
    /// - Returns: the key of the larger thing.
    func within<Whole>(_ place: any WritableKeyPath<Whole, Root> & Sendable, under prefix: String) -> Setting<Whole> {
        Setting<Whole>(
            path: "\(prefix).\(path)", documentation: documentation, isSecret: isSecret, allowed: allowed,
            placeholder: placeholder, schema: schema, isFlag: isFlag,
            apply: { [apply] raw, whole in apply(raw, &whole[keyPath: place]) },
            current: { [current] in current($0[keyPath: place]) })
    }

    /// `NEXUS_SERVER_PORT` for `server.port`, `NEXUS_DATA_DIR` for `dataDir`.
    var environmentName: String { SettingName.environment(path) }
}

/// A value as a source gives it.
enum RawValue: Sendable {
    /// From an argument, a variable or a secret file.
    case text(String)
    /// From the configuration file.
    case json(JSONValue)

    /// For error messages about settings that are not secret.
    var shown: String {
        switch self {
        case .text(let text): JSONValue.string(String(text.prefix(80))).text
        case .json(let value): String(value.text.prefix(80))
        }
    }
}

/// The derived spellings of a path.
enum SettingName {
    static let environmentPrefix = "NEXUS_"

    static func environment(_ path: String) -> String {
        var name = environmentPrefix
        for character in path {
            if character == "." {
                name.append("_")
            } else {
                if character.isUppercase { name.append("_") }
                name.append(contentsOf: character.uppercased())
            }
        }
        return name
    }

    /// The key whose value is the path of a file that holds the secret: `apiKeyFile` for `apiKey`.
    static func secretFile(_ path: String) -> String { path + "File" }
}
