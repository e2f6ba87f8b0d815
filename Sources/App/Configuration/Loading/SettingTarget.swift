import JSONText

/// A key that a source may set: a general setting or a setting of one model.
struct SettingTarget: Sendable {
    /// The full path with the model's name: `models.tiny.path`.
    let path: String
    let isSecret: Bool
    let isFlag: Bool
    let allowed: String
    /// The value is not the secret itself but the path of a file that holds it.
    let isSecretFile: Bool
    let apply: @Sendable (RawValue, inout ConfigurationDraft) -> Bool

    /// The general setting with this path, or its secret-file variant.
    static func general(_ path: String) -> SettingTarget? {
        guard let (setting, isSecretFile) = generalByPath[path] else { return nil }
        return SettingTarget(
            path: setting.path, isSecret: setting.isSecret, isFlag: setting.isFlag, allowed: setting.allowed,
            isSecretFile: isSecretFile, apply: setting.apply)
    }

    /// The setting `path` of the model `name`.
    static func model(_ name: String, _ path: String) -> SettingTarget? {
        guard let (setting, isSecretFile) = modelByPath[path] else { return nil }
        return SettingTarget(
            path: "models.\(name).\(setting.path)", isSecret: setting.isSecret, isFlag: setting.isFlag,
            allowed: setting.allowed, isSecretFile: isSecretFile,
            apply: { raw, draft in
                let index = draft.modelIndex(name)
                return setting.apply(raw, &draft.models[index])
            })
    }

    /// What a command-line flag without its dashes means: an alias, a path, or `models.<name>.<path>`. Names of models
    /// may contain dots, so the longest known end counts.
    static func flag(_ flag: String) -> SettingTarget? {
        if let path = pathByAlias[flag] { return general(path) }
        if let target = general(flag) { return target }
        guard flag.hasPrefix("models.") else { return nil }
        let rest = flag.dropFirst("models.".count)
        let ends = modelPaths.filter { rest.hasSuffix("." + $0) }.sorted { $0.count > $1.count }
        guard let path = ends.first else { return nil }
        let name = String(rest.dropLast(path.count + 1))
        return ModelSettings.isName(name) ? model(name, path) : nil
    }

    /// What an environment variable means.
    static func environment(_ variable: String) -> SettingTarget? {
        pathByVariable[variable].flatMap { general($0) }
    }

    /// What other programs' variables mean.
    static let customary: [(variable: String, target: SettingTarget)] = Settings.all.compactMap { setting in
        guard let variable = setting.customaryVariable, let target = general(setting.path) else { return nil }
        return (variable, target)
    }

    static let generalPaths = paths(Settings.all)
    static let modelPaths = paths(ModelSettings.all)
    static let variables = pathByVariable.keys.sorted()
    static let flags = pathByAlias.keys.sorted() + generalPaths

    private static let generalByPath = byPath(Settings.all)
    private static let modelByPath = byPath(ModelSettings.all)
    private static let pathByAlias = Dictionary(
        uniqueKeysWithValues: Settings.all.compactMap { setting in setting.alias.map { ($0, setting.path) } })
    private static let pathByVariable = Dictionary(
        uniqueKeysWithValues: generalPaths.map { (SettingName.environment($0), $0) })

    private static func paths<Root>(_ settings: [Setting<Root>]) -> [String] {
        settings.flatMap { $0.isSecret ? [$0.path, SettingName.secretFile($0.path)] : [$0.path] }
    }

    private static func byPath<Root>(_ settings: [Setting<Root>]) -> [String: (Setting<Root>, isSecretFile: Bool)] {
        var result: [String: (Setting<Root>, isSecretFile: Bool)] = [:]
        for setting in settings {
            result[setting.path] = (setting, false)
            if setting.isSecret { result[SettingName.secretFile(setting.path)] = (setting, true) }
        }
        return result
    }
}

/// One key set by one source, not yet checked.
struct Assignment: Sendable {
    let target: SettingTarget
    let raw: RawValue
    let source: ValueSource

    /// The value as a text, where it is one.
    var text: String? {
        switch raw {
        case .text(let text): text
        case .json(let value): value.string
        }
    }

    /// The file that a secret is in, where its value is `file:/run/secrets/key`.
    var referencedFile: String? {
        guard target.isSecret, !target.isSecretFile, let text, text.hasPrefix("file:") else { return nil }
        return String(text.dropFirst("file:".count))
    }
}
