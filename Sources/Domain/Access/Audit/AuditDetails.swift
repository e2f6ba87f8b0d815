import JSONText

/// What else is known of an entry. The keys are a closed set, so that no parameter gets into the trail that nobody has
/// thought about: a password has no key here.
public struct AuditDetails: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    /// A key, as it is written.
    public enum Key: String, Sendable, CaseIterable {
        /// The method and path pattern of a request, and its operation's name.
        case method, route, operation
        /// The HTTP status of the answer.
        case status
        /// Path and query parameters that the route declares, as `name=value`.
        case parameters
        /// Why something was refused or failed: a stable code.
        case reason
        case name, kind, version, setting, provider, reference
        /// Ids of what an entry is about.
        case user, team, tenant, key, session
        case role, scopes, models, permission
        /// Microseconds since 1970.
        case expires
        case count, limit
        /// Of a window of time.
        case seconds
        case from, to
        case host, port
    }

    /// A value, bounded.
    public enum Value: Sendable, Equatable {
        case text(String)
        case number(Int64)
        case flag(Bool)
        case list([String])

        /// Elements of a list; more are left out.
        static let elementsMax = 32

        var json: JSONValue {
            switch self {
            case .text(let text): .string(AuditText.safe(text))
            case .number(let number): .integer(number)
            case .flag(let flag): .bool(flag)
            case .list(let texts):
                .array(texts.prefix(Self.elementsMax).map { .string(AuditText.safe($0)) })
            }
        }
    }

    private(set) var members: [Key: Value]

    public init(dictionaryLiteral elements: (Key, Value)...) {
        members = Dictionary(elements) { _, last in last }
    }

    public subscript(key: Key) -> Value? {
        get { members[key] }
        set { members[key] = newValue }
    }

    var json: JSONObject {
        JSONObject(members.sorted { $0.key.rawValue < $1.key.rawValue }.map { ($0.key.rawValue, $0.value.json) })
    }
}

extension AuditDetails.Value: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral
{
    public init(stringLiteral value: String) { self = .text(value) }
    public init(integerLiteral value: Int64) { self = .number(value) }
    public init(booleanLiteral value: Bool) { self = .flag(value) }
    public init(arrayLiteral elements: String...) { self = .list(elements) }
}
