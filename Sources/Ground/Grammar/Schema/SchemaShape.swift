import JSONText

/// A schema, or several at once, as a grammar will write it: one of these is chosen.
enum SchemaShape: Sendable {
    case any
    case values([JSONValue])
    case null
    case boolean
    case number(NumberShape)
    case string(StringShape)
    case array(ArrayShape)
    case object(ObjectShape)
}

/// All schemas of the list hold for the same value. An empty list is any value.
typealias Conjunction = [Int]

struct NumberShape: Sendable {
    struct Bound: Sendable {
        var value: DecimalNumber
        var isExclusive: Bool
        var place: String
    }

    var types: SchemaTypes
    var low: Bound?
    var high: Bound?
    /// Different ones that all hold.
    var multiples: [(value: DecimalNumber, place: String)] = []
    /// Numbers that are not allowed.
    var others: [DecimalNumber] = []
    var othersPlace = ""

    /// Whether no number can be within the bounds.
    var isEmpty: Bool {
        guard let low, let high else { return false }
        if low.value > high.value { return true }
        return low.value == high.value && (low.isExclusive || high.isExclusive || types == .whole && !low.value.isWhole)
    }
}

struct StringShape: Sendable {
    /// In code points.
    var lengthMin = 0
    var lengthMax: Int?
    var lengthPlace = ""
    var patterns: [(text: String, place: String)] = []
    var formats: [(name: String, place: String)] = []
    /// Texts that are not allowed.
    var others: [String] = []
    var othersPlace = ""

    var isEmpty: Bool { lengthMax.map { $0 < lengthMin } ?? false }
}

struct ArrayShape: Sendable {
    /// What stands at the first places, then what stands at each place behind; `nil` when nothing may.
    var first: [Conjunction] = []
    var rest: Conjunction? = []
    var countMin = 0
    var countMax: Int?
    var countPlace = ""
    /// What at least one element must be, besides `rest`.
    var contains: (conjunction: Conjunction, place: String)?
    var uniquePlace: String?
}

struct ObjectShape: Sendable {
    struct Member: Sendable {
        var name: String
        var value: Conjunction
        var isRequired: Bool
    }

    /// Members with names that the schema does not list.
    struct Extra: Sendable {
        enum Name: Sendable {
            /// Any but the listed ones.
            case other
            /// A name that `propertyNames` allows; listed ones are not among them.
            case matching(Conjunction)
            case pattern(String, place: String)
        }

        var name: Name
        var value: Conjunction
    }

    /// In the order in which they are written.
    var members: [Member] = []
    /// Names that are listed but may not appear.
    var forbidden: [String] = []
    var extras: [Extra] = []
    var countMin = 0
    var countMax: Int?
    var countPlace = ""
}
