/// A secret on its way through the program. Printing, interpolating, dumping or logging it shows `[redacted]`.
public struct Redacted<Value> {
    private let value: Value

    public init(_ value: Value) { self.value = value }

    /// The secret itself, for the one place that needs it.
    public var revealed: Value { value }
}

extension Redacted: Sendable where Value: Sendable {}
extension Redacted: Equatable where Value: Equatable {}

extension Redacted: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { redactedMark }
    public var debugDescription: String { redactedMark }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// What stands in a line for a secret.
let redactedMark = "[redacted]"

/// Names of headers and fields whose values are secrets, whatever they hold. A field of such a name is redacted in every
/// line, also where its writer forgot to.
public enum SensitiveNames {
    private static let names: Set<String> = [
        "authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "api-key", "apikey",
        "x-goog-api-key", "x-amz-security-token", "x-auth-token", "x-csrf-token", "access-token", "refresh-token",
        "id-token", "client-secret", "password", "passwd", "secret", "token", "private-key", "openai-api-key",
        "hf-token",
    ]

    /// Whether values under `name` are secrets. Letter case, and `_` against `-`, make no difference.
    public static func contains(_ name: String) -> Bool {
        names.contains(name.lowercased().replacing("_", with: "-"))
    }
}
