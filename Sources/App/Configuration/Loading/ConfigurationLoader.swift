import JSONText

extension Configuration {
    /// The configuration together with where each of its values comes from.
    public struct Loaded: Sendable {
        public let configuration: Configuration
        public let report: ConfigurationReport
    }

    /// Joins defaults, other programs' variables (`HF_TOKEN`), file, profile, environment and arguments, each overriding
    /// the ones before.
    ///
    /// - Throws: everything that is wrong, not only the first.
    public static func load(_ inputs: ConfigurationInputs) throws(ConfigurationErrors) -> Loaded {
        var loader = ConfigurationLoader(inputs)
        return try loader.load()
    }
}

/// One run of loading: the draft, the source of each of its values, and what was found wrong on the way.
struct ConfigurationLoader {
    private let inputs: ConfigurationInputs
    private var draft: ConfigurationDraft
    private var sources: [String: ValueSource] = [:]
    private var problems: [ConfigurationProblem] = []

    init(_ inputs: ConfigurationInputs) {
        self.inputs = inputs
        draft = ConfigurationDraft(dataDir: inputs.usualDataDirectory)
    }

    mutating func load() throws(ConfigurationErrors) -> Configuration.Loaded {
        apply(customary())
        loadFile()
        apply(environment())
        apply(arguments())
        let (models, found) = ConfigurationChecks(draft: draft, sources: sources).run()
        problems += found
        guard problems.isEmpty else { throw ConfigurationErrors(problems: problems) }
        draft.configuration.models = models
        let report = ConfigurationReport(draft: draft, sources: sources)
        var configuration = draft.configuration
        if let certificate = draft.tlsCertificate, let key = draft.tlsKey {
            configuration.server.tls = TLSFiles(certificate: certificate, key: key)
        }
        return Configuration.Loaded(configuration: configuration, report: report)
    }

    // MARK: File and profile

    private mutating func loadFile() {
        guard let (path, bytes) = fileBytes() else { return selectProfile(in: nil, path: "") }
        let file = ConfigurationFile(bytes, name: path)
        problems += file.problems
        apply(file.assignments)
        selectProfile(in: file, path: path)
    }

    /// The file that is named, which must be there, or the usual one if it is.
    private mutating func fileBytes() -> (path: String, bytes: [UInt8])? {
        let named: (String, ValueSource)? =
            if let file = inputs.file {
                (file, .argument(flag: "--config"))
            } else if let file = inputs.variable(ConfigurationInputs.fileVariable) {
                (file, .environment(variable: ConfigurationInputs.fileVariable))
            } else {
                nil
            }
        guard let (path, source) = named ?? inputs.usualFile.map({ ($0, .builtIn) }) else { return nil }
        do {
            if let bytes = try inputs.readFile(path) { return (path, bytes) }
            if named != nil { report("", source, "the configuration file '\(path)' does not exist") }
        } catch {
            report("", source, "the configuration file '\(path)' cannot be read: \(error)")
        }
        return nil
    }

    /// Applies the selected profile; the others are checked too, so that a typo shows before the switch.
    private mutating func selectProfile(in file: ConfigurationFile?, path: String) {
        let selected: (name: String, source: ValueSource)? =
            if let name = inputs.profile {
                (name, .argument(flag: "--profile"))
            } else if let name = inputs.variable(ConfigurationInputs.profileVariable) {
                (name, .environment(variable: ConfigurationInputs.profileVariable))
            } else {
                file?.profile.map { ($0.name, .file(name: path, $0.position)) }
            }
        for profile in file?.profiles ?? [] where profile.name != selected?.name { check(profile.assignments) }
        guard let selected else { return }
        guard let profile = file?.profiles.first(where: { $0.name == selected.name }) else {
            let names = file?.profiles.map(\.name) ?? []
            let known = names.isEmpty ? "there are no profiles" : "there are \(names.joined(separator: ", "))"
            let suggestion = Suggestion.sentence(Suggestion.closest(to: selected.name, among: names))
            return report("profile", selected.source, "'\(selected.name)' does not exist, \(known)\(suggestion)")
        }
        draft.configuration.profile = selected.name
        apply(profile.assignments)
    }

    /// Applies to a copy, only to find what is wrong.
    private mutating func check(_ assignments: [Assignment]) {
        var trial = self
        trial.problems = []
        trial.apply(assignments)
        problems += trial.problems
    }

    // MARK: Environment and arguments

    /// Variables that other programs read, too, say what is usual on this machine; everything of ours overrides them.
    private func customary() -> [Assignment] {
        SettingTarget.customary.compactMap { variable, target -> Assignment? in
            inputs.variable(variable).map {
                Assignment(target: target, raw: .text($0), source: .environment(variable: variable))
            }
        }
    }

    private mutating func environment() -> [Assignment] {
        let own = [ConfigurationInputs.fileVariable, ConfigurationInputs.profileVariable]
        let names = inputs.environment.keys.filter { name in
            name.hasPrefix(SettingName.environmentPrefix) && !own.contains(name) && !inputs.isForeign(name)
        }
        return names.sorted().compactMap { name -> Assignment? in
            guard let target = SettingTarget.environment(name) else {
                let suggestion = Suggestion.closest(to: name, among: SettingTarget.variables + own)
                report("", .environment(variable: name), "is not a known variable" + Suggestion.sentence(suggestion))
                return nil
            }
            guard let value = inputs.variable(name) else { return nil }
            return Assignment(target: target, raw: .text(value), source: .environment(variable: name))
        }
    }

    private mutating func arguments() -> [Assignment] {
        inputs.arguments.compactMap { argument -> Assignment? in
            let name = String(argument.flag.trimmingPrefix("--"))
            guard let target = SettingTarget.flag(name) else {
                let suggestion = Suggestion.closest(to: name, among: SettingTarget.flags).map { "--" + $0 }
                report("", .argument(flag: argument.flag), "is not a known option" + Suggestion.sentence(suggestion))
                return nil
            }
            return Assignment(target: target, raw: .text(argument.value), source: .argument(flag: argument.flag))
        }
    }

    // MARK: Applying

    /// Applies the assignments of one layer.
    private mutating func apply(_ assignments: [Assignment]) {
        var isFromFile: [String: Bool] = [:]
        for assignment in assignments {
            let target = assignment.target
            if let first = isFromFile.updateValue(target.isSecretFile, forKey: target.path),
                first != target.isSecretFile
            {
                report(
                    target.path, assignment.source,
                    "is set twice, as itself and as \(SettingName.secretFile(target.path))")
            }
            let isInFile = target.isSecretFile || assignment.referencedFile != nil
            guard let raw = isInFile ? secret(assignment) : assignment.raw else { continue }
            if target.apply(raw, &draft) {
                sources[target.path] = assignment.source
            } else {
                let found = target.isSecret ? "" : ", not \(raw.shown)"
                report(target.path, assignment.source, "must be \(target.allowed)\(found)")
            }
        }
    }

    /// The content of a secret file without the line break at its end.
    private mutating func secret(_ assignment: Assignment) -> RawValue? {
        let path = assignment.referencedFile ?? assignment.text
        let key =
            assignment.target.isSecretFile
            ? SettingName.secretFile(assignment.target.path) : assignment.target.path
        guard let path else {
            report(key, assignment.source, "must be the path of a file")
            return nil
        }
        do {
            guard let bytes = try inputs.readFile(path) else {
                report(key, assignment.source, "names the file '\(path)', which does not exist")
                return nil
            }
            let text = String(decoding: bytes, as: UTF8.self)
            return .text(
                String(text[..<(text.lastIndex { !$0.isNewline }.map { text.index(after: $0) } ?? text.startIndex)]))
        } catch {
            report(key, assignment.source, "names the file '\(path)', which cannot be read: \(error)")
            return nil
        }
    }

    private mutating func report(_ path: String, _ source: ValueSource, _ sentence: String) {
        problems.append(ConfigurationProblem(path: path, source: source, sentence))
    }
}
