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
    private static let names = [
        "authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "api-key", "apikey",
        "x-goog-api-key", "x-amz-security-token", "x-auth-token", "x-csrf-token", "access-token", "refresh-token",
        "id-token", "client-secret", "password", "passwd", "secret", "token", "private-key", "openai-api-key",
        "hf-token",
    ].map { Array($0.utf8) }
    /// By their lengths in bytes, of which few names have the same: each field of each line is looked up.
    private static let namesByLength: [[[UInt8]]] = (0...(names.map(\.count).max() ?? 0)).map { length in
        names.filter { $0.count == length }
    }

    /// Whether values under `name` are secrets. Letter case, and `_` against `-`, make no difference.
    public static func contains(_ name: String) -> Bool {
        let length = name.utf8.count
        guard length < namesByLength.count else { return false }
        return namesByLength[length].contains { $0.elementsEqual(name.utf8, by: { $0 == normalised($1) }) }
    }

    private static func normalised(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
        case UInt8(ascii: "_"): UInt8(ascii: "-")
        default: byte
        }
    }
}
