import JSONText

/// A configuration file taken apart: which keys it sets, in general and in each profile.
struct ConfigurationFile {
    /// The profile that the file selects.
    private(set) var profile: (name: String, position: TextPosition)?
    private(set) var assignments: [Assignment] = []
    private(set) var profiles: [(name: String, assignments: [Assignment])] = []
    private(set) var problems: [ConfigurationProblem] = []
    private let name: String

    /// Takes a file apart that is called `name` in messages.
    init(_ bytes: [UInt8], name: String) {
        self.name = name
        do throws(YAMLError) {
            read(try YAMLReader.read(bytes))
        } catch {
            problems = [
                ConfigurationProblem(
                    path: "", source: .file(name: name, error.position), "is not valid: \(error.reason)")
            ]
        }
    }

    private mutating func read(_ root: YAMLNode) {
        for member in members(of: root, path: "", profile: nil) {
            switch member.key {
            case "profile": readSelection(member)
            case "profiles": readProfiles(member)
            default:
                assignments += section([member], profile: nil)
            }
        }
    }

    private mutating func readSelection(_ member: YAMLNode.Member) {
        guard case .scalar(.string(let selected)) = member.value.content else {
            return report("profile", at: member.value.position, profile: nil, "must be the name of a profile")
        }
        profile = (selected, member.value.position)
    }

    private mutating func readProfiles(_ member: YAMLNode.Member) {
        for entry in members(of: member.value, path: "profiles", profile: nil) {
            let overrides = members(of: entry.value, path: "profiles.\(entry.key)", profile: entry.key)
            profiles.append((entry.key, section(overrides, profile: entry.key)))
        }
    }

    /// Top-level members, of the file or of a profile.
    private mutating func section(_ members: [YAMLNode.Member], profile: String?) -> [Assignment] {
        members.flatMap { member -> [Assignment] in
            guard member.key == "models" else {
                return walk(
                    [member], prefix: "", shownPrefix: "", known: SettingTarget.generalPaths + ["models.<name>"],
                    profile: profile, target: SettingTarget.general)
            }
            return self.members(of: member.value, path: "models", profile: profile).flatMap { model in
                guard ModelSettings.isName(model.key) else {
                    report(
                        "models", at: model.keyPosition, profile: profile,
                        "has a model named \(RawValue.text(model.key).shown); names are 1 to 128 letters, digits and -_.:/@+"
                    )
                    return [Assignment]()
                }
                let shown = "models.\(model.key)."
                let entries = self.members(of: model.value, path: String(shown.dropLast()), profile: profile)
                return walk(
                    entries, prefix: "", shownPrefix: shown, known: SettingTarget.modelPaths, profile: profile,
                    target: { SettingTarget.model(model.key, $0) })
            }
        }
    }

    private mutating func walk(
        _ members: [YAMLNode.Member], prefix: String, shownPrefix: String, known: [String], profile: String?,
        target: (String) -> SettingTarget?
    ) -> [Assignment] {
        members.flatMap { member -> [Assignment] in
            let path = prefix + member.key
            if let target = target(path) {
                // Nothing after the colon: the key stands there, but nothing is set.
                guard !member.value.json.isNull else { return [] }
                let source = source(member.value.position, profile: profile)
                return [Assignment(target: target, raw: .json(member.value.json), source: source)]
            }
            guard known.contains(where: { $0.hasPrefix(path + ".") }) else {
                let suggestion = Self.suggestion(for: member.key, prefix: prefix, known: known)
                report(
                    shownPrefix + path, at: member.keyPosition, profile: profile,
                    "is not a known key" + Suggestion.sentence(suggestion.map { shownPrefix + $0 }))
                return []
            }
            return walk(
                self.members(of: member.value, path: shownPrefix + path, profile: profile), prefix: path + ".",
                shownPrefix: shownPrefix, known: known, profile: profile, target: target)
        }
    }

    /// A sibling that is spelled much like `key`, else a key of the same name elsewhere.
    private static func suggestion(for key: String, prefix: String, known: [String]) -> String? {
        let siblings = known.filter { $0.hasPrefix(prefix) }
            .compactMap { $0.dropFirst(prefix.count).split(separator: ".").first.map(String.init) }
        if let sibling = Suggestion.closest(to: key, among: siblings) { return prefix + sibling }
        return known.first { $0.split(separator: ".").last.map { $0.lowercased() == key.lowercased() } ?? false }
    }

    private mutating func members(of node: YAMLNode, path: String, profile: String?) -> [YAMLNode.Member] {
        switch node.content {
        case .mapping(let members): return members
        case .scalar(.null): return []
        case .scalar, .sequence:
            report(
                path, at: node.position, profile: profile, "must be a mapping of keys to values, not \(node.json.kind)")
            return []
        }
    }

    private func source(_ position: TextPosition, profile: String?) -> ValueSource {
        profile.map { .profile($0, file: name, position) } ?? .file(name: name, position)
    }

    private mutating func report(_ path: String, at position: TextPosition, profile: String?, _ sentence: String) {
        problems.append(ConfigurationProblem(path: path, source: source(position, profile: profile), sentence))
    }
}
