import Vocabulary

/// What names of users, teams, tenants and keys may look like.
enum NameRules {
    static let bytesMax = 128
    static let listCountMax = 100

    /// A name to sign in with: lower case, 1 to 64 letters, digits, `.`, `_`, `-` or `@`, a letter or digit first.
    static func userName(_ text: String) throws(ServiceError) -> String {
        try identifier(text, "name", extra: "._-@")
    }

    /// The id of a team or a tenant: lower case, 1 to 64 letters, digits, `.`, `_` or `-`, a letter or digit first.
    static func groupID(_ text: String) throws(ServiceError) -> String { try identifier(text, "id", extra: "._-") }

    private static func identifier(_ text: String, _ parameter: String, extra: String) throws(ServiceError) -> String {
        let name = text.lowercased()
        let isFine = name.utf8.enumerated().allSatisfy { place, byte in
            (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) || place > 0 && extra.utf8.contains(byte)
        }
        guard isFine, (1...64).contains(name.utf8.count) else {
            throw ServiceError(
                .invalidValue, "'\(text.prefix(40))' is no name for this.",
                hint: "Take 1 to 64 letters, digits or \(extra.map { "'\($0)'" }.joined(separator: ", ")), "
                    + "a letter or digit first.", parameter: parameter)
        }
        // Ids of users begin so; a name that looks like somebody's id could stand for them.
        guard !name.hasPrefix("usr_") else {
            throw ServiceError(
                .invalidValue, "A name cannot begin with 'usr_'.", hint: "Take another.", parameter: parameter)
        }
        return name
    }

    /// A text that people read: 1 to 128 bytes without control characters.
    static func display(_ text: String, _ parameter: String) throws(ServiceError) -> String {
        guard (1...bytesMax).contains(text.utf8.count), isPrintable(text) else {
            throw ServiceError(
                .invalidValue, "'\(parameter)' must have 1 to \(bytesMax) bytes and no control characters.",
                hint: "Shorten it.", parameter: parameter)
        }
        return text
    }

    /// An address with one `@` between two texts that are not empty. Whether it is anybody's is not known.
    static func email(_ text: String) throws(ServiceError) -> String {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }), text.utf8.count <= 254, isPrintable(text),
            !text.contains(where: \.isWhitespace)
        else {
            throw ServiceError(
                .invalidValue, "This is no e-mail address.", hint: "Such as ada@example.org.", parameter: "email")
        }
        return text.lowercased()
    }

    /// Patterns of model names, each once.
    static func models(_ list: [String]?) throws(ServiceError) -> [String]? {
        guard let list else { return nil }
        guard list.count <= listCountMax,
            list.allSatisfy({ (1...NamePattern.bytesMax).contains($0.utf8.count) && isPrintable($0) })
        else {
            throw ServiceError(
                .invalidValue,
                "A list of models has up to \(listCountMax) names of up to \(NamePattern.bytesMax) bytes.",
                hint: "`*` stands for any characters: `qwen*`.", parameter: "models")
        }
        return list
    }

    private static func isPrintable(_ text: String) -> Bool {
        !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }
}
