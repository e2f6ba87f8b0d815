/// A grammar in the making: GBNF rules with names that never clash.
///
/// The root is not a rule here: `text(root:)` adds it last, so that schemas can be parts of larger grammars.
public struct GrammarText: Sendable {
    public let options: SchemaOptions
    private var expressions: [String: String] = [:]
    private var order: [String] = []
    /// The names that `rule` gave for a name and an expression, so that the same rule is written once.
    private var shared: [String: String] = [:]

    public init(options: SchemaOptions = SchemaOptions()) { self.options = options }

    /// Whether there is a rule of this very name.
    func isDefined(_ name: String) -> Bool { expressions[name] != nil }

    /// How many rules there are.
    public var count: Int { order.count }

    /// Bytes of all expressions.
    private(set) var size = 0

    /// Adds a rule and returns the name it got: `name` without characters that GBNF does not allow, made unique.
    /// The same name with the same expression gives the same rule again.
    public mutating func rule(_ name: String, _ expression: String) -> String {
        let key = name + "\u{0}" + expression
        if let known = shared[key] { return known }
        let unique = reserve(name)
        define(unique, expression)
        shared[key] = unique
        return unique
    }

    /// A unique name for a rule that is defined later, for rules that refer to themselves.
    public mutating func reserve(_ name: String) -> String {
        let base = Self.allowedName(name)
        var unique = base
        var suffix = 1
        while unique == "root" || expressions[unique] != nil {
            suffix += 1
            unique = "\(base)-\(suffix)"
        }
        expressions[unique] = ""
        order.append(unique)
        return unique
    }

    /// Gives a reserved rule its expression.
    public mutating func define(_ name: String, _ expression: String) {
        expressions[name] = expression
        size += expression.utf8.count
    }

    /// The whole grammar; its root rule is `root ::= ` and the expression.
    public func text(root: String) -> String {
        var lines = ["root ::= \(root)"]
        for name in order { lines.append("\(name) ::= \(expressions[name] ?? "")") }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A quoted, escaped GBNF string that matches `text` and nothing else.
    public static func literal(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            default: result += scalar.value < 0x20 || scalar.value == 0x7F ? hex(scalar) : String(scalar)
            }
        }
        return result + "\""
    }

    private static func hex(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return "\\x" + (digits.count < 2 ? "0" : "") + digits
    }

    private static func allowedName(_ name: String) -> String {
        var result = ""
        for byte in name.utf8.prefix(40) {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                if !result.hasSuffix("-") { result += "-" }
            }
        }
        while result.hasSuffix("-") { result.removeLast() }
        while result.hasPrefix("-") { result.removeFirst() }
        return result.first.map(\.isLetter) == true ? result : "r" + result
    }
}
