import Foundation

/// What `Package.swift` says of its targets, read from its text.
struct Manifest {
    struct Target: Equatable {
        let name: String
        let dependencies: [String]
        /// The Debian packages that bring the library of a C door.
        let packages: [String]
    }

    let targets: [Target]

    init(_ text: String) throws {
        // The functions of the manifest and SwiftPM's own; `.product` and the declarations are no calls that count.
        let call = try NSRegularExpression(
            pattern:
                #"(?<!func )(?:\bmodule|\bdoor|\btests|\.target|\.executableTarget|\.testTarget|\.systemLibrary)\("#)
        let all = NSRange(text.startIndex..., in: text)
        targets = try call.matches(in: text, range: all).compactMap { match in
            guard let range = Range(match.range, in: text) else { return nil }
            return try Self.target(Self.arguments(text[range.upperBound...]))
        }
    }

    subscript(name: String) -> Target? { targets.first { $0.name == name } }

    private static func target(_ arguments: Substring) throws -> Target? {
        // A call whose name is computed is the body of one of the manifest's own functions.
        guard let name = try first(#"^\s*(?:name:\s*)?"([^"]+)""#, in: arguments) else { return nil }
        // The first list without a label, or with this one, in the order that SwiftPM demands.
        let list = try first(
            #"^\s*(?:name:\s*)?"[^"]+",(?:\s*in:\s*\.\w+,)?\s*(?:dependencies:\s*)?\[([^\]]*)\]"#, in: arguments)
        let apt = try first(#"apt:\s*"([^"]+)""#, in: arguments)
        return Target(
            name: name,
            dependencies: (list ?? "").split(separator: "\"").filter { $0.first?.isLetter == true }.map(String.init),
            packages: apt.map { [$0] } ?? [])
    }

    /// The text up to the parenthesis that closes the call.
    private static func arguments(_ text: Substring) -> Substring {
        var depth = 1
        for index in text.indices {
            if text[index] == "(" { depth += 1 }
            if text[index] == ")" { depth -= 1 }
            if depth == 0 { return text[..<index] }
        }
        return text
    }

    private static func first(_ pattern: String, in text: Substring) throws -> String? {
        try Regex(pattern, as: (Substring, Substring).self).firstMatch(in: text).map { String($0.output.1) }
    }
}
