/// The parameters after the `?` of a request target, in order (`application/x-www-form-urlencoded`).
public struct HTTPQuery: Sendable, Equatable {
    public let items: [(name: String, value: String)]

    /// Reads `text` (without the `?`).
    ///
    /// - Throws: ``HTTPError`` with status 400 when an escape is broken or the text is not UTF-8.
    public init(_ text: Substring) throws {
        items = try text.split(separator: "&").map { item in
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decoded(parts[0].utf8, plusIsSpace: true),
                let value = parts.count > 1 ? PercentEncoding.decoded(parts[1].utf8, plusIsSpace: true) : ""
            else { throw HTTPError.malformed("The query is not percent-encoded UTF-8.") }
            return (name, value)
        }
    }

    /// The first value of `name`.
    public subscript(name: String) -> String? { items.first { $0.name == name }?.value }

    public func all(_ name: String) -> [String] { items.lazy.filter { $0.name == name }.map(\.value) }

    /// The whole number `name`, or `nil` when it is not given.
    ///
    /// - Throws: ``HTTPError`` with status 400 when it is no integer in `range`.
    public func integer(_ name: String, in range: ClosedRange<Int> = .min ... .max) throws -> Int? {
        guard let text = self[name] else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw HTTPError.invalidParameter(name, "must be an integer from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// The flag `name` (`true`, `1`, or empty for yes; `false` or `0` for no), or `nil` when it is not given.
    public func bool(_ name: String) throws -> Bool? {
        switch self[name] {
        case nil: nil
        case "true", "1", "": true
        case "false", "0": false
        default: throw HTTPError.invalidParameter(name, "must be true or false")
        }
    }

    public static func == (left: Self, right: Self) -> Bool {
        left.items.elementsEqual(right.items) { $0.name == $1.name && $0.value == $1.value }
    }
}
