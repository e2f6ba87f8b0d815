public import JSONText

/// What differs between two configurations, member by member.
public struct ConfigurationDifference: Sendable, Equatable {
    /// Dotted, such as `environment.LANG`.
    public var path: String
    /// `nil` when the member is new.
    public var before: JSONValue?
    /// `nil` when the member is gone.
    public var after: JSONValue?

    /// Compares two objects.
    ///
    /// - Parameters:
    ///   - before: the earlier configuration.
    ///   - after: the later one.
    /// - Returns: the differences in the order of the members, those that are gone first; lists are compared as a whole.
    public static func between(_ before: JSONValue, _ after: JSONValue) -> [ConfigurationDifference] {
        differences(before, after, at: "")
    }

    private static func differences(_ before: JSONValue, _ after: JSONValue, at path: String)
        -> [ConfigurationDifference]
    {
        guard before != after else { return [] }
        guard let old = before.object, let new = after.object else {
            return [ConfigurationDifference(path: path, before: before, after: after)]
        }
        func place(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
        let gone = old.keys.filter { new[$0] == nil }.map {
            ConfigurationDifference(path: place($0), before: old[$0], after: nil)
        }
        return gone
            + new.flatMap { key, value -> [ConfigurationDifference] in
                guard let earlier = old[key] else {
                    return [ConfigurationDifference(path: place(key), before: nil, after: value)]
                }
                return differences(earlier, value, at: place(key))
            }
    }

    public var json: JSONValue {
        ["path": .string(path), "before": before ?? .null, "after": after ?? .null]
    }
}

extension JSONValue {
    /// This value changed by a merge patch: members that are `null` go, objects are merged, all else is replaced.
    ///
    /// Source: RFC 7396, section 2.
    ///
    /// - Parameter patch: the change.
    /// - Returns: the changed value.
    public func merged(_ patch: JSONValue) -> JSONValue {
        guard let changes = patch.object else { return patch }
        var result = object ?? [:]
        for (key, value) in changes {
            if value.isNull { result[key] = nil } else { result[key] = (result[key] ?? .null).merged(value) }
        }
        return .object(result)
    }
}
