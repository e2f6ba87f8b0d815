public import JSONText

/// Reads a llama-swap configuration as values: what it serves, as deployments of the kind "child process".
///
/// Source: llama-swap's configuration (its README and `config` package): `models` with `cmd`, `aliases`, `env`, `proxy`,
/// `checkEndpoint`, `ttl`, `useModelName`, `unlisted`, `name`, `description`, `macros`; `groups`; `macros`; `startPort`;
/// `healthCheckTimeout`. Pure: the text is YAML and was read by somebody else.
public struct LlamaSwapFile {
    public static let modelsMax = 1_000
    public static let aliasesMax = 64
    /// Bytes of a command with its macros filled in: macros in macros would double without end.
    public static let commandBytesMax = 64 << 10
    /// Rounds of filling in macros that name macros.
    public static let roundsMax = 8

    private let file: String
    private let macros: [String: String]
    private let startPort: Int?
    private let readySeconds: Int?

    /// - Parameters:
    ///   - root: the file's content.
    ///   - file: its path, for people.
    /// - Returns: deployments, and what could not be taken over.
    /// - Throws: when that is no such file.
    public static func read(_ root: JSONValue, file: String) throws(JSONFieldError) -> ImportFindings {
        let field = JSONField(root)
        let models = try field.required("models")
        guard case .object(let object) = models.value else {
            throw models.fail("must be an object, not \(models.value.kind)")
        }
        guard object.count <= modelsMax else { throw models.fail("has more than \(modelsMax) models") }
        let reader = LlamaSwapFile(
            file: file, macros: try texts(field.optional("macros")),
            startPort: try field.optional("startPort")?.integer(in: 1...65_535),
            readySeconds: try field.optional("healthCheckTimeout")?.integer(in: 1...86_400))
        var findings = ImportFindings()
        let groups = try Self.groups(field.optional("groups"), &findings)
        for name in object.keys {
            do throws(JSONFieldError) {
                guard let entry = try models.optional(name) else { throw models.fail("has '\(name)' without a value") }
                var deployment = try reader.deployment(name, entry)
                deployment.group = groups[name]
                findings.deployments.append(deployment)
            } catch {
                findings.note("\(file): models.\(name)", error.problem)
            }
        }
        return findings
    }

    // MARK: One model

    private func deployment(_ name: String, _ entry: JSONField) throws(JSONFieldError) -> FoundDeployment {
        let own = try Self.texts(entry.optional("macros"))
        var known = macros.merging(own) { $1 }
        known["MODEL_ID"] = name
        let command = try filled(try entry.required("cmd"), known)
        guard let words = Self.words(of: command), !words.isEmpty else {
            throw entry.fail("has a 'cmd' that is empty or has a quotation mark without its partner")
        }
        var deployment = FoundDeployment(name: name, command: words)
        deployment.aliases = try Self.list(entry.optional("aliases"), countMax: Self.aliasesMax)
        deployment.environment = try Self.list(entry.optional("env"), countMax: 256)
        if let unusual = deployment.environment.first(where: { !$0.contains("=") }) {
            throw entry.fail("has '\(unusual)' in 'env', which is no NAME=value")
        }
        if let proxy = try entry.optional("proxy") { deployment.proxy = try filled(proxy, known) }
        if let check = try entry.optional("checkEndpoint") {
            let path = try check.keptText(bytesIn: 0...1_024)
            deployment.checkPath = path.isEmpty || path == "none" ? nil : path
        }
        // 0 and less stand for "never".
        if let ttl = try entry.optional("ttl")?.integer(in: -1...31_536_000), ttl > 0 { deployment.idleSeconds = ttl }
        deployment.upstreamModel = try entry.optional("useModelName")?.keptText(bytesIn: 1...256)
        deployment.isUnlisted = try entry.optional("unlisted")?.bool() ?? false
        deployment.title = try entry.optional("name")?.keptText(bytesIn: 0...256)
        deployment.note = try entry.optional("description")?.keptText(bytesIn: 0...1_000)
        deployment.modelPath = Self.modelPath(in: words)
        deployment.startPort = startPort
        deployment.readySeconds = readySeconds
        return deployment
    }

    /// `${name}` replaced by its macro, again while macros name macros. `${PORT}` stays.
    private func filled(_ field: JSONField, _ known: [String: String]) throws(JSONFieldError) -> String {
        var text = try field.keptText(bytesIn: 1...Self.commandBytesMax)
        for _ in 0..<Self.roundsMax {
            var next = ""
            var rest = text[...]
            var isChanged = false
            while let open = rest.firstRange(of: "${"), let close = rest[open.upperBound...].firstIndex(of: "}") {
                next += rest[..<open.lowerBound]
                let name = String(rest[open.upperBound..<close])
                if name == "PORT" {
                    next += "${PORT}"
                } else if let value = known[name] {
                    next += value
                    isChanged = true
                } else {
                    throw field.fail("names the macro '${\(name)}', which the file does not define")
                }
                guard next.utf8.count <= Self.commandBytesMax else {
                    throw field.fail("has more than \(Self.commandBytesMax) bytes with its macros filled in")
                }
                rest = rest[rest.index(after: close)...]
            }
            text = next + rest
            if !isChanged { return text }
        }
        throw field.fail("has macros that name each other more than \(Self.roundsMax) times deep")
    }

    /// The GGUF file that an engine's `-m` or `--model` names.
    private static func modelPath(in words: [String]) -> String? {
        for (index, word) in words.enumerated() {
            if word == "-m" || word == "--model", index + 1 < words.count { return words[index + 1] }
            if word.hasPrefix("--model=") { return String(word.dropFirst("--model=".count)) }
        }
        return nil
    }

    /// Words as a shell parts them: quotes, backslashes, and a backslash at a line's end. Lines that begin with # are remarks.
    ///
    /// - Parameter command: one command.
    /// - Returns: its words; `nil` when a quote is not closed.
    public static func words(of command: String) -> [String]? {
        var words: [String] = []
        var word: String?
        var quote: Character?
        let lines = command.split(separator: "\n", omittingEmptySubsequences: false)
            .filter { $0.first { !$0.isWhitespace } != "#" }
        var rest = lines.joined(separator: "\n")[...]
        while let character = rest.popFirst() {
            switch (quote, character) {
            case (nil, "\\"), ("\"", "\\"):
                guard let next = rest.popFirst() else { return nil }
                if next == "\n" { continue }
                word = (word ?? "") + (quote == "\"" && next != "\"" && next != "\\" ? "\\" : "") + String(next)
            case (nil, "'"), (nil, "\""):
                quote = character
                word = word ?? ""
            case (let open?, character) where open == character: quote = nil
            case (nil, _) where character.isWhitespace:
                if let done = word { words.append(done) }
                word = nil
            default: word = (word ?? "") + String(character)
            }
        }
        guard quote == nil else { return nil }
        if let done = word { words.append(done) }
        return words
    }

    // MARK: The rest of the file

    /// The group of each member.
    private static func groups(
        _ field: JSONField?, _ findings: inout ImportFindings
    ) throws(JSONFieldError) -> [String: FoundGroup] {
        guard let field else { return [:] }
        guard case .object(let object) = field.value else { throw field.fail("must be an object") }
        var groups: [String: FoundGroup] = [:]
        for name in object.keys {
            guard let entry = try field.optional(name) else { continue }
            let group = FoundGroup(
                name: name, swaps: try entry.optional("swap")?.bool() ?? true,
                isExclusive: try entry.optional("exclusive")?.bool() ?? true,
                isPersistent: try entry.optional("persistent")?.bool() ?? false)
            for member in try list(entry.optional("members"), countMax: modelsMax) {
                if groups.updateValue(group, forKey: member) != nil {
                    findings.note("groups.\(name)", "'\(member)' is in two groups; the last one counts.")
                }
            }
        }
        return groups
    }

    /// Names and texts; numbers count as what they look like.
    private static func texts(_ field: JSONField?) throws(JSONFieldError) -> [String: String] {
        guard let field else { return [:] }
        guard case .object(let object) = field.value else { throw field.fail("must be an object") }
        var texts: [String: String] = [:]
        for (name, value) in object {
            switch value {
            case .string(let text): texts[name] = text
            case .integer, .number, .bool: texts[name] = value.text
            case .null, .array, .object: throw field.fail("has '\(name)', which must be a text, not \(value.kind)")
            }
        }
        return texts
    }

    private static func list(_ field: JSONField?, countMax: Int) throws(JSONFieldError) -> [String] {
        guard let field else { return [] }
        guard case .array(let elements) = field.value else {
            throw field.fail("must be a list, not \(field.value.kind)")
        }
        guard elements.count <= countMax else { throw field.fail("has more than \(countMax) entries") }
        return try elements.enumerated().map { index, value throws(JSONFieldError) in
            try JSONField(value, path: "\(field.path)[\(index)]").keptText(bytesIn: 1...4_096)
        }
    }
}
