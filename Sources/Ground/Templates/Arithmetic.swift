import Vocabulary

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Python's operators on numbers, texts and lists.
enum Arithmetic {
    static func negated(_ value: Value) throws(TemplateError) -> Value {
        if case .float(let number) = value { return .float(-number) }
        if let whole = value.wholeNumber { return .integer(try exact(Int(0).subtractingReportingOverflow(whole))) }
        throw unary("-", value)
    }

    static func positive(_ value: Value) throws(TemplateError) -> Value {
        if case .float = value { return value }
        if let whole = value.wholeNumber { return .integer(whole) }
        throw unary("+", value)
    }

    private static func unary(_ sign: String, _ value: Value) -> TemplateError {
        if case .undefined(let missing) = value { return missing.error }
        return TemplateError.type("bad operand type for unary \(sign): '\(value.typeName)'")
    }

    private static func exact(_ result: (partialValue: Int, overflow: Bool)) throws(TemplateError) -> Int {
        guard !result.overflow else { throw TemplateError.limit("an integer does not fit 64 bits") }
        return result.partialValue
    }

    static func apply(
        _ operation: ArithmeticOperator, _ left: Value, _ right: Value, _ renderer: Renderer
    ) throws(TemplateError) -> Value {
        if operation == .modulo, let format = left.text {
            return .string(try renderer.checked(try PercentFormat.apply(format, right, renderer)))
        }
        if case .undefined(let missing) = left { throw missing.error }
        if case .undefined(let missing) = right { throw missing.error }
        if let first = left.wholeNumber, let second = right.wholeNumber {
            return try integers(operation, first, second)
        }
        if let first = left.number, let second = right.number { return .float(try floats(operation, first, second)) }
        switch operation {
        case .add: return try sum(left, right, renderer)
        case .multiply:
            if let count = right.wholeNumber, let result = try repeated(left, count, renderer) { return result }
            if let count = left.wholeNumber, let result = try repeated(right, count, renderer) { return result }
        default: break
        }
        throw unsupported(operation, left, right)
    }

    private static func unsupported(_ operation: ArithmeticOperator, _ left: Value, _ right: Value) -> TemplateError {
        let sign =
            switch operation {
            case .add: "+"
            case .subtract: "-"
            case .multiply: "*"
            case .divide: "/"
            case .floorDivide: "//"
            case .modulo: "%"
            case .power: "** or pow()"
            }
        return TemplateError.type(
            "unsupported operand type(s) for \(sign): '\(left.typeName)' and '\(right.typeName)'")
    }

    // MARK: Numbers

    private static func integers(_ operation: ArithmeticOperator, _ left: Int, _ right: Int) throws(TemplateError)
        -> Value
    {
        switch operation {
        case .add: return .integer(try exact(left.addingReportingOverflow(right)))
        case .subtract: return .integer(try exact(left.subtractingReportingOverflow(right)))
        case .multiply: return .integer(try exact(left.multipliedReportingOverflow(by: right)))
        case .divide: return .float(try floats(.divide, Double(left), Double(right)))
        case .floorDivide, .modulo:
            guard right != 0 else { throw TemplateError.value("integer division or modulo by zero") }
            if right == -1 {
                return .integer(operation == .modulo ? 0 : try exact(Int(0).subtractingReportingOverflow(left)))
            }
            let quotient = left.floorDivided(by: right)
            return .integer(operation == .modulo ? left - quotient * right : quotient)
        case .power:
            guard right >= 0 else { return .float(try floats(.power, Double(left), Double(right))) }
            return .integer(try power(left, right))
        }
    }

    private static func power(_ base: Int, _ exponent: Int) throws(TemplateError) -> Int {
        var result = 1
        var factor = base
        var rest = exponent
        while rest > 0 {
            if rest & 1 == 1 { result = try exact(result.multipliedReportingOverflow(by: factor)) }
            rest >>= 1
            if rest > 0 { factor = try exact(factor.multipliedReportingOverflow(by: factor)) }
        }
        return result
    }

    private static func floats(_ operation: ArithmeticOperator, _ left: Double, _ right: Double) throws(TemplateError)
        -> Double
    {
        switch operation {
        case .add: return left + right
        case .subtract: return left - right
        case .multiply: return left * right
        case .divide:
            guard right != 0 else { throw TemplateError.value("division by zero") }
            return left / right
        case .floorDivide, .modulo:
            guard right != 0 else { throw TemplateError.value("float floor division or modulo by zero") }
            let (quotient, remainder) = floorDivision(left, right)
            return operation == .modulo ? remainder : quotient
        case .power:
            if left == 0, right < 0 { throw TemplateError.value("zero cannot be raised to a negative power") }
            if left < 0, left.isFinite, right.isFinite, right.rounded() != right {
                throw TemplateError(.unsupported, "complex numbers are not supported")
            }
            let result = pow(left, right)
            guard !result.isInfinite || left.isInfinite || right.isInfinite else {
                throw TemplateError.value("numerical result out of range")
            }
            return result
        }
    }

    /// Python's `divmod` of floats. Source: CPython's `float_floor_div` and `float_rem`.
    private static func floorDivision(_ left: Double, _ right: Double) -> (Double, Double) {
        var remainder = left.truncatingRemainder(dividingBy: right)
        var quotient = (left - remainder) / right
        if remainder != 0 {
            if (right < 0) != (remainder < 0) {
                remainder += right
                quotient -= 1
            }
        } else {
            remainder = Double(signOf: right, magnitudeOf: 0)
        }
        guard quotient != 0 else { return (Double(signOf: left / right, magnitudeOf: 0), remainder) }
        let floor = quotient.rounded(.down)
        return (quotient - floor > 0.5 ? floor + 1 : floor, remainder)
    }

    // MARK: Texts and lists

    private static func sum(_ left: Value, _ right: Value, _ renderer: Renderer) throws(TemplateError) -> Value {
        switch (left, right) {
        case (.string(let first), .string(let second)): return .string(try renderer.checked(first + second))
        case (.markup(let first), .markup(let second)): return .markup(try renderer.checked(first + second))
        case (.markup(let first), .string(let second)):
            return .markup(try renderer.checked(first + TextFilters.escaped(second)))
        case (.string(let first), .markup(let second)):
            return .markup(try renderer.checked(TextFilters.escaped(first) + second))
        case (.list(let first), .list(let second)):
            try renderer.check(count: first.count + second.count)
            return .list(first + second)
        case (.tuple, .tuple), (.group, .tuple), (.tuple, .group), (.group, .group):
            let elements = (left.sequence ?? []) + (right.sequence ?? [])
            try renderer.check(count: elements.count)
            return .tuple(elements)
        case (.string, _), (.markup, _):
            throw TemplateError.type("can only concatenate str (not \"\(right.typeName)\") to str")
        case (.list, _):
            throw TemplateError.type("can only concatenate list (not \"\(right.typeName)\") to list")
        default: throw unsupported(.add, left, right)
        }
    }

    private static func repeated(_ value: Value, _ count: Int, _ renderer: Renderer) throws(TemplateError) -> Value? {
        let count = max(0, count)
        switch value {
        case .string(let text), .markup(let text):
            let (bytes, overflow) = text.utf8.count.multipliedReportingOverflow(by: count)
            guard !overflow, bytes <= renderer.bounds.textBytesMax else {
                throw TemplateError.limit("a text is longer than \(renderer.bounds.textBytesMax) bytes")
            }
            let result = try renderer.checked(text.isEmpty ? "" : String(repeating: text, count: count))
            if case .markup = value { return .markup(result) }
            return .string(result)
        case .list(let elements), .tuple(let elements), .group(let elements):
            let (total, overflow) = elements.count.multipliedReportingOverflow(by: count)
            try renderer.check(count: overflow ? .max : total)
            guard !elements.isEmpty else { return value }
            let result = Array([[Value]](repeating: elements, count: count).joined())
            if case .list = value { return .list(result) }
            return .tuple(result)
        default: return nil
        }
    }
}
