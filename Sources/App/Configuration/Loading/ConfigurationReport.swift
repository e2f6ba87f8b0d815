public import JSONText

/// Each effective value with its source, for people and programs. Never contains a secret.
public struct ConfigurationReport: Sendable {
    public struct Entry: Sendable, Equatable {
        /// `server.port`, `models.tiny.path`.
        public let path: String
        /// As it would be written in a file; for a secret only whether there is one.
        public let value: JSONValue
        public let source: ValueSource
        public let isSecret: Bool
        let components: [String]
    }

    /// In the order of the declarations, models last.
    public let entries: [Entry]

    init(draft: ConfigurationDraft, sources: [String: ValueSource]) {
        func entry<Root>(_ setting: Setting<Root>, of root: Root, below: [String]) -> Entry {
            let components = below + setting.path.split(separator: ".").map(String.init)
            let path = components.joined(separator: ".")
            let value = setting.current(root)
            let isEmpty = value.isNull || value == [:]
            return Entry(
                path: path, value: setting.isSecret && !isEmpty ? .string(Secret.hidden) : value,
                source: sources[path] ?? .builtIn, isSecret: setting.isSecret, components: components)
        }
        let general = Settings.all.map { entry($0, of: draft, below: []) }
        let models = draft.models.flatMap { model in
            ModelSettings.all.map { entry($0, of: model, below: ["models", model.name]) }.filter { !$0.value.isNull }
        }
        entries = general + models
    }

    /// A table of key, value and source with aligned columns, one line each.
    ///
    /// With `hasColor` what is only a default is dim (ANSI escape sequences).
    public func table(hasColor: Bool = false) -> String {
        let rows = entries.map { ($0, Self.shown($0.value)) }
        let pathWidth = rows.map(\.0.path.count).max() ?? 0
        // One very long value must not push the sources of all others off the screen.
        let valueWidth = min(rows.map(\.1.count).max() ?? 0, 40)
        let lines = rows.map { entry, value in
            let line = "\(entry.path.padded(to: pathWidth))  \(value.padded(to: valueWidth))  \(entry.source)"
            return hasColor && entry.source == .builtIn ? "\u{1B}[2m\(line)\u{1B}[0m" : line
        }
        return lines.map { $0 + "\n" }.joined()
    }

    /// The same for programs: an array of objects with `key`, `value` and `source`.
    public var json: JSONValue {
        .array(
            entries.map { entry in
                [
                    "key": .string(entry.path), "value": entry.value, "source": .string(entry.source.description),
                    "secret": .bool(entry.isSecret),
                ]
            })
    }

    /// The effective values in the shape of a configuration file, to export as YAML (`yamlText`) or JSON
    /// (`prettyText`). Secrets and values that are not set are left out.
    public var file: JSONValue {
        var root = JSONObject()
        for entry in entries where !entry.isSecret && !entry.value.isNull {
            Self.insert(entry.value, at: entry.components[...], into: &root)
        }
        return .object(root)
    }

    private static func insert(_ value: JSONValue, at path: ArraySlice<String>, into object: inout JSONObject) {
        guard let key = path.first else { return }
        guard path.count > 1 else { return object[key] = value }
        var child = object[key]?.object ?? JSONObject()
        insert(value, at: path.dropFirst(), into: &child)
        object[key] = .object(child)
    }

    private static func shown(_ value: JSONValue) -> String {
        switch value {
        case .null: "-"
        case .string(let text): text
        case .array, .object, .bool, .integer, .number: value.text
        }
    }
}

extension String {
    /// With spaces at the end up to `width` characters; longer texts stay as they are.
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
