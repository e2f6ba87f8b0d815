/// Whom a limit is counted for.
public enum LimitScope: String, Sendable, CaseIterable {
    case key, user, team, tenant, ip, model
    /// All callers together.
    case everyone
}

/// What a limit counts.
public enum LimitResource: String, Sendable, CaseIterable {
    case requests
    case inputTokens = "input_tokens"
    case outputTokens = "output_tokens"
    /// In billionths of the currency.
    case cost
}

/// A stretch of time that begins at the same moment for everybody, in UTC.
public enum LimitWindow: String, Sendable, CaseIterable {
    case hour, day

    /// In milliseconds.
    public var length: Int64 { self == .hour ? 3_600_000 : 86_400_000 }
}

/// How much is allowed over time. All amounts are whole numbers, all times milliseconds.
public enum LimitPace: Sendable, Equatable {
    /// A bucket of `capacity`, full at first, that gets `refill` for every `per` milliseconds.
    case bucket(capacity: Int64, refill: Int64, per: Int64)
    /// So much in each hour or day.
    case window(amount: Int64, LimitWindow)

    /// Products of amounts and times stay below this, so that Lua's numbers are as exact as ours.
    static let productMax: Int64 = 1 << 52

    /// What may be taken at once at most.
    public var capacity: Int64 {
        switch self {
        case .bucket(let capacity, _, _): capacity
        case .window(let amount, _): amount
        }
    }

    /// The time in which all of it is allowed once, in milliseconds.
    public var period: Int64 {
        switch self {
        case .bucket(let capacity, let refill, let per): (capacity * per + refill - 1) / refill
        case .window(_, let window): window.length
        }
    }

    /// Whether losing the count in a restart would matter.
    public var isLong: Bool { period >= 600_000 }
}

/// One limit: so much of a resource for each caller of a kind.
///
/// A class, because every request carries the rules that it meets from one end to the other: a reference is counted once where
/// the texts of a structure would be counted one by one.
public final class LimitRule: Sendable, Equatable {
    /// Names it in headers, errors and the API: 1 to 64 letters, digits, `-`, `_` and `.`.
    public let id: String
    public let scope: LimitScope
    /// The one whom it is for; `nil` is each one, counted apart.
    public let subject: String?
    /// Only requests for models whose names match, where `*` stands for any characters; `nil` is all.
    public let model: String?
    public let resource: LimitResource
    public let pace: LimitPace
    /// Whether the refill gets smaller while the model's servers are overloaded. For buckets of scope `model` only.
    public let isAdaptive: Bool

    /// Rules that may be set.
    public static let countMax = 256

    /// - Throws: `LimitRuleError` with what is wrong.
    public init(
        id: String, scope: LimitScope, subject: String? = nil, model: String? = nil, resource: LimitResource,
        pace: LimitPace, isAdaptive: Bool = false
    ) throws(LimitRuleError) {
        guard Self.isName(id) else {
            throw LimitRuleError("id", "The id of a limit is 1 to 64 letters, digits, '-', '_' and '.'.")
        }
        guard subject.map({ !$0.isEmpty && $0.utf8.count <= 256 }) ?? true else {
            throw LimitRuleError("subject", "A subject is a name of 1 to 256 bytes, or nothing for each one.")
        }
        guard subject == nil || scope != .everyone else {
            throw LimitRuleError("subject", "A limit for everyone together has no subject.")
        }
        guard model.map({ !$0.isEmpty && $0.utf8.count <= 256 }) ?? true else {
            throw LimitRuleError("model", "A pattern of model names has 1 to 256 bytes.")
        }
        switch pace {
        case .bucket(let capacity, let refill, let per):
            guard capacity >= 1, refill >= 1, (1...31 * 86_400_000).contains(per) else {
                throw LimitRuleError("burst", "A bucket holds at least 1, and gets at least 1 in up to 31 days.")
            }
            guard max(capacity, refill) <= LimitPace.productMax / per else {
                throw LimitRuleError("burst", "The amount is too large for its time: burst times time is below 2^52.")
            }
        case .window(let amount, let window):
            guard amount >= 1, amount <= LimitPace.productMax / window.length else {
                throw LimitRuleError("amount", "An amount is at least 1, and amount times time is below 2^52.")
            }
        }
        if isAdaptive {
            guard scope == .model, case .bucket = pace else {
                throw LimitRuleError("adaptive", "Only a bucket of the scope 'model' adapts to the model's servers.")
            }
        }
        self.id = id
        self.scope = scope
        self.subject = subject
        self.model = model
        self.resource = resource
        self.pace = pace
        self.isAdaptive = isAdaptive
    }

    public static func == (left: LimitRule, right: LimitRule) -> Bool {
        left === right
            || (left.id == right.id && left.scope == right.scope && left.subject == right.subject
                && left.model == right.model && left.resource == right.resource && left.pace == right.pace
                && left.isAdaptive == right.isAdaptive)
    }

    /// Whether a text can name something of the gateway: 1 to 64 letters, digits, `-`, `_` and `.`.
    public static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }
}

/// Why a limit or a budget cannot be set.
public struct LimitRuleError: Error, Sendable, Equatable {
    /// The field that is wrong.
    public let field: String
    /// What is allowed, as a sentence.
    public let message: String

    public init(_ field: String, _ message: String) {
        self.field = field
        self.message = message
    }
}
