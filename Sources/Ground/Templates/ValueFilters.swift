import Vocabulary

/// Filters on numbers and on values of any kind.
enum ValueFilters {
    static let table: [String: Filter] = [
        "abs": abs, "attr": attr, "d": initial, "default": initial, "float": float, "int": int, "round": round,
        "string": string, "tojson": tojson, "filesizeformat": filesizeformat,
    ]

    @Sendable private static func abs(_: Renderer, _ value: Value, _ arguments: Arguments) throws(TemplateError)
        -> Value
    {
        _ = try arguments.unnamed(0...0, of: "abs")
        if case .float(let number) = value { return .float(number.magnitude) }
        if let whole = value.wholeNumber {
            guard whole != .min else { throw TemplateError.limit("an integer does not fit 64 bits") }
            return .integer(Swift.abs(whole))
        }
        if case .undefined(let missing) = value { throw missing.error }
        throw TemplateError.type("bad operand type for abs(): '\(value.typeName)'")
    }

    @Sendable private static func attr(_: Renderer, _ value: Value, _ arguments: Arguments) throws(TemplateError)
        -> Value
    {
        let name = try arguments.bound(to: ["name"], of: "attr", required: 1)[0]?.requiredText("attribute name") ?? ""
        if case .undefined(let missing) = value { throw missing.error }
        return Attributes.lookup(name, of: value)
            ?? .undefined(Value.Missing("'\(value.objectName)' has no attribute '\(name)'"))
    }

    @Sendable private static func initial(_: Renderer, _ value: Value, _ arguments: Arguments) throws(TemplateError)
        -> Value
    {
        let given = try arguments.bound(to: ["default_value", "boolean"], of: "default")
        let replaces = value.isUndefined || (given[1]?.isTrue ?? false) && !value.isTrue
        return replaces ? given[0] ?? .string("") : value
    }

    @Sendable private static func string(_: Renderer, _ value: Value, _ arguments: Arguments) throws(TemplateError)
        -> Value
    {
        _ = try arguments.unnamed(0...0, of: "string")
        if case .markup = value { return value }
        return .string(value.display)
    }

    // MARK: Numbers

    /// What Python's `float()` reads, or `nil`.
    private static func number(_ text: String) -> Double? {
        let trimmed = text.stripped().lowercased()
        var digits = String.UnicodeScalarView()
        var previous: Unicode.Scalar = " "
        let scalars = Array(trimmed.unicodeScalars)
        for (index, scalar) in scalars.enumerated() {
            if scalar == "_" {
                let next = index + 1 < scalars.count ? scalars[index + 1] : " "
                guard ("0"..."9").contains(previous), ("0"..."9").contains(next) else { return nil }
            } else {
                digits.append(scalar)
            }
            previous = scalar
        }
        let unsigned = trimmed.drop { $0 == "+" || $0 == "-" }
        guard trimmed.count - unsigned.count <= 1 else { return nil }
        if ["inf", "infinity"].contains(unsigned) { return trimmed.hasPrefix("-") ? -.infinity : .infinity }
        if unsigned == "nan" { return .nan }
        guard let first = unsigned.unicodeScalars.first, ("0"..."9").contains(first) || first == ".",
            digits.allSatisfy({ ("0"..."9").contains($0) || [".", "e", "+", "-"].contains($0) })
        else { return nil }
        var text = String(digits)
        if let point = text.firstIndex(of: ".") {
            // Python reads ".5" and "5.", Swift wants digits on both sides.
            let after = text.index(after: point)
            if after == text.endIndex || !text[after].isNumber { text.insert("0", at: after) }
            if point == text.startIndex || !text[text.index(before: point)].isNumber {
                guard after < text.endIndex, unsigned.count > 1, unsigned.dropFirst().first?.isNumber ?? false else {
                    return nil
                }
                text.insert("0", at: point)
            }
        }
        return Double(text)
    }

    @Sendable private static func float(_: Renderer, _ value: Value, _ arguments: Arguments) throws(TemplateError)
        -> Value
    {
        let given = try arguments.bound(to: ["default"], of: "float")
        if case .undefined(let missing) = value { throw missing.error }
        if let number = value.number { return .float(number) }
        return value.text.flatMap(number).map { .float($0) } ?? given[0] ?? .float(0)
    }

    @Sendable private static func int(_: Renderer, _ value: Value, _ arguments: Arguments) throws(TemplateError)
        -> Value
    {
        let given = try arguments.bound(to: ["default", "base"], of: "int")
        let base = try given[1]?.requiredInteger() ?? 10
        if case .undefined(let missing) = value { throw missing.error }
        if let whole = value.wholeNumber { return .integer(whole) }
        if let text = value.text, let whole = try integer(text, base: base) { return .integer(whole) }
        guard let number = value.number ?? value.text.flatMap(number), number.isFinite else {
            if case .float(let number) = value, number.isInfinite { return given[0] ?? .integer(0) }
            return given[0] ?? .integer(0)
        }
        guard let whole = Int(exactly: number.rounded(.towardZero)) else {
            throw TemplateError.limit("an integer does not fit 64 bits")
        }
        return .integer(whole)
    }

    /// What Python's `int(text, base)` reads, or `nil`.
    private static func integer(_ text: String, base: Int) throws(TemplateError) -> Int? {
        guard base == 0 || (2...36).contains(base) else { return nil }
        var rest = text.stripped().lowercased()[...]
        let isNegative = rest.hasPrefix("-")
        if isNegative || rest.hasPrefix("+") { rest = rest.dropFirst() }
        var radix = base
        for (prefix, value) in [("0x", 16), ("0o", 8), ("0b", 2)]
        where rest.hasPrefix(prefix) && (base == value || base == 0) {
            radix = value
            rest = rest.dropFirst(2)
            if rest.hasPrefix("_") { rest = rest.dropFirst() }
        }
        if radix == 0 {
            guard !rest.hasPrefix("0") || rest.allSatisfy({ $0 == "0" || $0 == "_" }) else { return nil }
            radix = 10
        }
        let groups = rest.split(separator: "_", omittingEmptySubsequences: false)
        guard
            groups.allSatisfy({ group in
                !group.isEmpty && group.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
            })
        else { return nil }
        let digits = groups.joined()
        if let whole = Int((isNegative ? "-" : "") + digits, radix: radix) { return whole }
        let areDigits = digits.allSatisfy { digit in Int(String(digit), radix: 36).map { $0 < radix } ?? false }
        guard !areDigits else { throw TemplateError.limit("an integer does not fit 64 bits") }
        return nil
    }

    @Sendable private static func round(_: Renderer, _ value: Value, _ arguments: Arguments) throws(TemplateError)
        -> Value
    {
        let given = try arguments.bound(to: ["precision", "method"], of: "round")
        let precision = try given[0]?.requiredInteger() ?? 0
        let method = given[1]?.text ?? "common"
        guard given[1] == nil || ["common", "ceil", "floor"].contains(method) else {
            throw TemplateError.value("method must be common, ceil or floor")
        }
        if case .undefined(let missing) = value { throw missing.error }
        guard let number = value.number else {
            throw TemplateError.type("type \(value.typeName) doesn't define __round__ method")
        }
        if method == "common" {
            if let whole = value.wholeNumber { return .integer(try rounded(whole, precision)) }
            return .float(rounded(number, precision))
        }
        let scale = power10(precision)
        let scaled = number * scale
        guard scaled.isFinite else { throw TemplateError.value("cannot convert float to integer") }
        return .float((method == "ceil" ? scaled.rounded(.up) : scaled.rounded(.down)) / scale)
    }

    private static func power10(_ exponent: Int) -> Double { Double("1e\(exponent.clamped(to: -400...400))") ?? 0 }

    private static func rounded(_ number: Double, _ precision: Int) -> Double {
        guard number.isFinite, precision < 330 else { return number }
        if precision >= 0 { return Double(Decimal.fixed(number, places: precision)) ?? number }
        guard precision > -310 else { return Double(signOf: number, magnitudeOf: 0) }
        let scale = power10(-precision)
        return (number / scale).rounded(.toNearestOrEven) * scale
    }

    private static func rounded(_ whole: Int, _ precision: Int) throws(TemplateError) -> Int {
        guard precision < 0 else { return whole }
        guard precision > -19 else { return 0 }
        var unit = 1
        for _ in 0..<(-precision) { unit *= 10 }
        let lower = whole.floorDivided(by: unit)
        let rest = whole - lower * unit
        let roundsUp = rest > unit - rest || rest == unit - rest && lower % 2 != 0
        let (product, overflow) = (roundsUp ? lower + 1 : lower).multipliedReportingOverflow(by: unit)
        guard !overflow else { throw TemplateError.limit("an integer does not fit 64 bits") }
        return product
    }

    @Sendable private static func filesizeformat(_: Renderer, _ value: Value, _ arguments: Arguments)
        throws(TemplateError) -> Value
    {
        let isBinary = try arguments.bound(to: ["binary"], of: "filesizeformat")[0]?.isTrue ?? false
        if case .undefined(let missing) = value { throw missing.error }
        guard let bytes = value.number ?? value.text.flatMap(number) else {
            throw TemplateError.value("could not convert to float: \(value.representation)")
        }
        if bytes == 1 { return .string("1 Byte") }
        let base = isBinary ? 1024.0 : 1000.0
        if bytes < base {
            guard let whole = Int(exactly: bytes.rounded(.towardZero)) else {
                throw TemplateError.value("cannot convert float to integer")
            }
            return .string("\(whole) Bytes")
        }
        var unit = base
        var name = ""
        for letter in isBinary ? "KMGTPEZY" : "kMGTPEZY" {
            unit *= base
            name = "\(letter)\(isBinary ? "iB" : "B")"
            if bytes < unit { break }
        }
        return .string(Decimal.fixed(base * bytes / unit, places: 1) + " " + name)
    }

    // MARK: JSON

    @Sendable private static func tojson(_ renderer: Renderer, _ value: Value, _ arguments: Arguments)
        throws(TemplateError) -> Value
    {
        let given = try arguments.bound(to: ["ensure_ascii", "indent", "separators", "sort_keys"], of: "tojson")
        var dump = JSONDump()
        dump.escapesNonASCII = given[0]?.isTrue ?? false
        dump.sortsKeys = given[3]?.isTrue ?? false
        if let indent = given[1], !indent.isNone {
            dump.indent =
                if let text = indent.text { text } else {
                    String(repeating: " ", count: try indent.requiredInteger().clamped(to: 0...1000))
                }
            dump.itemSeparator = ","
        }
        if let separators = given[2], !separators.isNone {
            let parts = try renderer.elements(of: separators)
            guard parts.count == 2 else { throw TemplateError.value("tojson() needs two separators") }
            dump.itemSeparator = try parts[0].requiredText("a separator")
            dump.keySeparator = try parts[1].requiredText("a separator")
        }
        return .string(try dump.dump(value))
    }
}
