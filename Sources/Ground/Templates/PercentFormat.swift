/// Python's `format % values`.
struct PercentFormat {
    private let scalars: [Unicode.Scalar]
    private var index = 0
    private var result = ""
    private var values: [Value]
    private let mapping: Value?
    private var next = 0
    private let renderer: Renderer

    static func apply(_ format: String, _ values: Value, _ renderer: Renderer) throws(TemplateError) -> String {
        var formatter = PercentFormat(format, values, renderer)
        return try formatter.run()
    }

    private init(_ format: String, _ values: Value, _ renderer: Renderer) {
        scalars = Array(format.unicodeScalars)
        self.renderer = renderer
        switch values {
        case .tuple(let elements), .group(let elements):
            self.values = elements
            mapping = nil
        case .dictionary, .list:
            self.values = [values]
            mapping = values
        default:
            self.values = [values]
            mapping = nil
        }
    }

    private mutating func run() throws(TemplateError) -> String {
        while index < scalars.count {
            let scalar = scalars[index]
            index += 1
            if scalar == "%" {
                try directive()
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        if next < values.count, mapping == nil {
            throw TemplateError.type("not all arguments converted during string formatting")
        }
        return result
    }

    private mutating func take() throws(TemplateError) -> Value {
        guard next < values.count else { throw TemplateError.type("not enough arguments for format string") }
        next += 1
        return values[next - 1]
    }

    private func current() throws(TemplateError) -> Unicode.Scalar {
        guard index < scalars.count else { throw TemplateError.value("incomplete format") }
        return scalars[index]
    }

    private mutating func size() throws(TemplateError) -> Int? {
        if try current() == "*" {
            index += 1
            return min(abs(try take().requiredInteger().clamped(to: -20_000...20_000)), NumberFormat.sizeMax)
        }
        var value: Int?
        while let digit = Int(String(try current())), try current().isASCII {
            value = (value ?? 0) * 10 + digit
            guard value ?? 0 <= NumberFormat.sizeMax else { throw TemplateError.limit("a format is too wide") }
            index += 1
        }
        return value
    }

    private mutating func key() throws(TemplateError) -> Value? {
        guard try current() == "(" else { return nil }
        index += 1
        let start = index
        while try current() != ")" { index += 1 }
        let key = String(scalars: scalars[start..<index])
        index += 1
        guard let mapping, case .dictionary(let dictionary) = mapping else {
            throw TemplateError.type("format requires a mapping")
        }
        guard let value = dictionary[.text(key)] else { throw TemplateError.value("no key '\(key)'") }
        return value
    }

    private mutating func directive() throws(TemplateError) {
        let keyed = try key()
        var format = NumberFormat()
        while true {
            switch try current() {
            case "-": format.align = "<"
            case "0": if format.align == nil { (format.align, format.fill) = ("=", "0") }
            case "+": format.sign = "+"
            case " ": if format.sign != "+" { format.sign = " " }
            case "#": format.isAlternate = true
            default:
                try conversion(&format, keyed)
                return
            }
            if format.align == "<" { format.fill = " " }
            index += 1
        }
    }

    private mutating func conversion(_ format: inout NumberFormat, _ keyed: Value?) throws(TemplateError) {
        format.width = try size() ?? 0
        if try current() == "." {
            index += 1
            format.precision = try size() ?? 0
        }
        while ["h", "l", "L"].contains(try current()) { index += 1 }
        let type = try current()
        index += 1
        if type == "%" { return result += "%" }
        let value = if let keyed { keyed } else { try take() }
        switch type {
        case "s", "r", "a":
            var text = type == "s" ? value.display : value.representation
            if let precision = format.precision { text = String(text.unicodeScalars.prefix(precision)) }
            result += textual(format).padded(text, defaultAlign: ">")
        case "c":
            let text: String
            if let code = value.wholeNumber {
                guard let scalar = UInt32(exactly: code).flatMap(Unicode.Scalar.init) else {
                    throw TemplateError.value("%c arg not in range(0x110000)")
                }
                text = String(scalar)
            } else {
                text = try value.requiredText("%c")
                guard text.length == 1 else { throw TemplateError.type("%c requires int or char") }
            }
            result += textual(format).padded(text, defaultAlign: ">")
        case "d", "i", "u", "x", "X", "o": result += format.integer(try whole(value, type), type: type)
        case "e", "E", "f", "F", "g", "G":
            if case .undefined(let missing) = value { throw missing.error }
            guard let number = value.number else {
                throw TemplateError.type("must be real number, not \(value.typeName)")
            }
            result += format.float(number, type: type)
        default: throw TemplateError.value("unsupported format character '\(type)'")
        }
    }

    private func textual(_ format: NumberFormat) -> NumberFormat {
        var format = format
        format.fill = " "
        if format.align == "=" { format.align = nil }
        return format
    }

    private func whole(_ value: Value, _ type: Unicode.Scalar) throws(TemplateError) -> Int {
        if let whole = value.wholeNumber { return whole }
        if case .undefined(let missing) = value { throw missing.error }
        if case .float(let number) = value, type == "d" || type == "i" || type == "u" {
            guard let whole = Int(exactly: number.rounded(.towardZero)) else {
                throw TemplateError.value("cannot convert float to integer")
            }
            return whole
        }
        throw TemplateError.type("%\(type) format: a real number is required, not \(value.typeName)")
    }
}
