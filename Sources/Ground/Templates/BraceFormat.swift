/// Python's `str.format`, with the sandbox's rules for attributes.
struct BraceFormat {
    private let arguments: Arguments
    private let renderer: Renderer
    private var next = 0
    private var isManual: Bool?

    static func apply(_ format: String, _ arguments: Arguments, _ renderer: Renderer) throws(TemplateError) -> String {
        var formatter = BraceFormat(arguments: arguments, renderer: renderer)
        return try formatter.expand(Array(format.unicodeScalars), depth: 2)
    }

    private init(arguments: Arguments, renderer: Renderer) {
        self.arguments = arguments
        self.renderer = renderer
    }

    private mutating func expand(_ scalars: [Unicode.Scalar], depth: Int) throws(TemplateError) -> String {
        guard depth >= 0 else { throw TemplateError.value("Max string recursion exceeded") }
        var result = ""
        var index = 0
        while index < scalars.count {
            let scalar = scalars[index]
            index += 1
            let isDoubled = index < scalars.count && scalars[index] == scalar
            if scalar == "{" || scalar == "}", isDoubled {
                result.unicodeScalars.append(scalar)
                index += 1
            } else if scalar == "{" {
                let end = try fieldEnd(scalars, from: index)
                result += try field(Array(scalars[index..<end]), depth: depth)
                index = end + 1
            } else if scalar == "}" {
                throw TemplateError.value("Single '}' encountered in format string")
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return try renderer.checked(result)
    }

    private func fieldEnd(_ scalars: [Unicode.Scalar], from start: Int) throws(TemplateError) -> Int {
        var depth = 1
        for index in start..<scalars.count {
            if scalars[index] == "{" { depth += 1 }
            if scalars[index] == "}" { depth -= 1 }
            if depth == 0 { return index }
        }
        throw TemplateError.value("expected '}' before end of string")
    }

    private mutating func field(_ field: [Unicode.Scalar], depth: Int) throws(TemplateError) -> String {
        var nameEnd = 0
        var brackets = 0
        while nameEnd < field.count {
            let scalar = field[nameEnd]
            if scalar == "[" { brackets += 1 }
            if scalar == "]" { brackets -= 1 }
            if brackets == 0, scalar == ":" || scalar == "!" { break }
            nameEnd += 1
        }
        var value = try lookup(Array(field[..<nameEnd]))
        var rest = field[nameEnd...]
        if rest.first == "!" {
            guard let kind = rest.dropFirst().first, rest.count == 2 || rest.dropFirst(2).first == ":" else {
                throw TemplateError.value("expected ':' after conversion specifier")
            }
            switch kind {
            case "s": value = .string(value.display)
            case "r", "a": value = .string(value.representation)
            default: throw TemplateError.value("unknown conversion specifier '\(kind)'")
            }
            rest = rest.dropFirst(2)
        }
        let specification = try expand(Array(rest.dropFirst()), depth: depth - 1)
        return try FormatSpecification.apply(specification, to: value)
    }

    private mutating func lookup(_ name: [Unicode.Scalar]) throws(TemplateError) -> Value {
        let first = name.prefix { $0 != "." && $0 != "[" }
        var value = try argument(String(scalars: first))
        var index = first.count
        while index < name.count {
            if name[index] == "." {
                let part = name[(index + 1)...].prefix { $0 != "." && $0 != "[" }
                guard !part.isEmpty else { throw TemplateError.value("Empty attribute in format string") }
                value = try renderer.attribute(String(scalars: part), of: value)
                index += 1 + part.count
            } else {
                guard name[index] == "[", let end = name[index...].firstIndex(of: "]"), end > index + 1 else {
                    throw TemplateError.value("Missing ']' in format string")
                }
                let key = String(scalars: name[(index + 1)..<end])
                let isNumber = key.utf8.allSatisfy { (0x30...0x39).contains($0) }
                value = try renderer.item(isNumber ? .integer(Int(key) ?? .max) : .string(key), of: value)
                index = end + 1
            }
        }
        return value
    }

    private mutating func argument(_ name: String) throws(TemplateError) -> Value {
        let isNumber = name.utf8.allSatisfy { (0x30...0x39).contains($0) }
        if isNumber {
            guard isManual != name.isEmpty else {
                throw TemplateError.value("cannot switch between manual and automatic field numbering")
            }
            isManual = !name.isEmpty
            let position = name.isEmpty ? next : Int(name) ?? .max
            if name.isEmpty { next += 1 }
            guard position < arguments.positional.count else {
                throw TemplateError.value("Replacement index \(position) out of range for positional args tuple")
            }
            return arguments.positional[position]
        }
        guard let value = arguments.named.first(where: { $0.name == name })?.value else {
            throw TemplateError.value("no argument '\(name)'")
        }
        return value
    }
}

/// The part of a field after the colon: `[[fill]align][sign][#][0][width][,][.precision][type]`.
struct FormatSpecification {
    private var format = NumberFormat()
    private var type: Unicode.Scalar?

    static func apply(_ text: String, to value: Value) throws(TemplateError) -> String {
        guard !text.isEmpty else { return value.display }
        let specification = try FormatSpecification(Array(text.unicodeScalars))
        return try specification.apply(to: value)
    }

    private init(_ scalars: [Unicode.Scalar]) throws(TemplateError) {
        let aligns: Set<Unicode.Scalar> = ["<", ">", "^", "="]
        var index = 0
        func peek() -> Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }
        func number() throws(TemplateError) -> Int? {
            var value: Int?
            while let scalar = peek(), scalar.isASCII, let digit = Int(String(scalar)) {
                value = (value ?? 0) * 10 + digit
                guard value ?? 0 <= NumberFormat.sizeMax else { throw TemplateError.limit("a format is too wide") }
                index += 1
            }
            return value
        }
        if scalars.count > 1, aligns.contains(scalars[1]) {
            (format.fill, format.align) = (scalars[0], scalars[1])
            index = 2
        } else if let first = peek(), aligns.contains(first) {
            format.align = first
            index = 1
        }
        if let sign = peek(), ["+", "-", " "].contains(sign) {
            format.sign = sign
            index += 1
        }
        if peek() == "#" {
            format.isAlternate = true
            index += 1
        }
        if peek() == "0" {
            if format.align == nil { (format.fill, format.align) = ("0", "=") }
            index += 1
        }
        format.width = try number() ?? 0
        if let separator = peek(), separator == "," || separator == "_" {
            format.grouping = separator
            index += 1
        }
        if peek() == "." {
            index += 1
            guard let places = try number() else { throw TemplateError.value("Format specifier missing precision") }
            format.precision = places
        }
        type = peek()
        if type != nil { index += 1 }
        guard index == scalars.count else { throw TemplateError.value("Invalid format specifier") }
    }

    private func apply(to value: Value) throws(TemplateError) -> String {
        switch value {
        case .string(let text), .markup(let text):
            guard type == nil || type == "s", format.sign == "-", format.align != "=" || format.fill == "0" else {
                throw TemplateError.value("unknown format code for object of type 'str'")
            }
            var format = format
            if format.align == "=" { format.align = "<" }
            let cut = format.precision.map { String(text.unicodeScalars.prefix($0)) } ?? text
            return format.padded(cut, defaultAlign: "<")
        case .integer, .bool: return try number(value)
        case .float(let number):
            guard let type else { return plain(number) }
            guard ["e", "E", "f", "F", "g", "G", "n", "%"].contains(type) else { throw unknown(value) }
            return format.float(number, type: type)
        default:
            throw TemplateError.type("unsupported format string passed to \(value.typeName).__format__")
        }
    }

    private func unknown(_ value: Value) -> TemplateError {
        TemplateError.value(
            "Unknown format code '\(type.map { String($0) } ?? "")' for object of type '\(value.typeName)'")
    }

    private func number(_ value: Value) throws(TemplateError) -> String {
        let whole = value.wholeNumber ?? 0
        switch type {
        case nil, "d", "n", "x", "X", "o", "b":
            guard format.precision == nil else {
                throw TemplateError.value("Precision not allowed in integer format specifier")
            }
            return format.integer(whole, type: type ?? "d")
        case "c":
            guard let scalar = UInt32(exactly: whole).flatMap(Unicode.Scalar.init) else {
                throw TemplateError.value("%c arg not in range(0x110000)")
            }
            return format.padded(String(scalar), defaultAlign: "<")
        case let type? where ["e", "E", "f", "F", "g", "G", "%"].contains(type):
            return format.float(Double(whole), type: type)
        default: throw unknown(value)
        }
    }

    /// A float without a type: its shortest form, or with a precision the general one.
    private func plain(_ number: Double) -> String {
        guard format.precision == nil else { return format.float(number, type: "g") }
        let sign = number.sign == .minus ? "-" : format.sign == "-" ? "" : String(format.sign)
        return format.padded(Decimal.shortest(number.magnitude), prefix: sign, defaultAlign: ">")
    }
}
