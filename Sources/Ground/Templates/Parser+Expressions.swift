/// Operators, from the weakest to the strongest.
extension Parser {
    /// How high the tree of an expression may grow. Higher ones would exhaust the stack when they are evaluated or freed.
    static let heightMax = 200

    func make(_ kind: Expression.Kind, at place: Int, over children: Int...) throws(TemplateError) -> Expression {
        let height = 1 + (children.max() ?? 0)
        guard height <= Self.heightMax else {
            throw TemplateError(.limit, "an expression of more than \(Self.heightMax) levels", offset: place)
        }
        return Expression(kind: kind, offset: place, height: height)
    }

    /// Reads an expression, or a tuple when commas follow.
    mutating func tuple(
        allowsConditional: Bool = true, end: String? = nil, isParenthesised: Bool = false
    ) throws(TemplateError) -> Expression {
        let place = offset
        var elements: [Expression] = []
        var isTuple = false
        while true {
            if !elements.isEmpty { try expect(.symbol(.comma)) }
            if isTupleEnd(end) { break }
            elements.append(try expression(allowsConditional: allowsConditional))
            guard current.kind == .symbol(.comma) else { break }
            isTuple = true
        }
        if !isTuple {
            if let only = elements.first { return only }
            guard isParenthesised else {
                throw syntax("expected an expression, got '\(current.kind.description)'")
            }
        }
        return try make(.tuple(elements), at: place, over: elements.map(\.height).max() ?? 0)
    }

    mutating func expression(allowsConditional: Bool = true) throws(TemplateError) -> Expression {
        try nested { parser throws(TemplateError) in
            allowsConditional ? try parser.conditionalExpression() : try parser.disjunction()
        }
    }

    private mutating func conditionalExpression() throws(TemplateError) -> Expression {
        let place = offset
        let unknownBefore = unknown.count
        var result = try disjunction()
        while skip(name: "if") {
            let test = try disjunction()
            var otherwise: Expression?
            if skip(name: "else") { otherwise = try expression() }
            unknown.removeSubrange(unknownBefore...)
            result = try make(
                .conditional(test: test, then: result, otherwise: otherwise), at: place,
                over: test.height, result.height, otherwise?.height ?? 0)
        }
        return result
    }

    private mutating func disjunction() throws(TemplateError) -> Expression {
        let place = offset
        var left = try conjunction()
        while skip(name: "or") {
            let right = try conjunction()
            left = try make(.or(left, right), at: place, over: left.height, right.height)
        }
        return left
    }

    private mutating func conjunction() throws(TemplateError) -> Expression {
        let place = offset
        var left = try negation()
        while skip(name: "and") {
            let right = try negation()
            left = try make(.and(left, right), at: place, over: left.height, right.height)
        }
        return left
    }

    private mutating func negation() throws(TemplateError) -> Expression {
        let place = offset
        guard skip(name: "not") else { return try comparison() }
        let operand = try nested { parser throws(TemplateError) in try parser.negation() }
        return try make(.not(operand), at: place, over: operand.height)
    }

    private var relation: Relation? {
        switch current.kind {
        case .symbol(.equal): .equal
        case .symbol(.notEqual): .notEqual
        case .symbol(.less): .less
        case .symbol(.lessOrEqual): .lessOrEqual
        case .symbol(.greater): .greater
        case .symbol(.greaterOrEqual): .greaterOrEqual
        case .name("in"): .isIn
        case .name("not") where next.kind == .name("in"): .isNotIn
        default: nil
        }
    }

    private mutating func comparison() throws(TemplateError) -> Expression {
        let place = offset
        let first = try sum()
        var comparisons: [Expression.Comparison] = []
        while let relation {
            advance()
            if relation == .isNotIn { advance() }
            comparisons.append(Expression.Comparison(relation: relation, operand: try sum()))
        }
        guard !comparisons.isEmpty else { return first }
        return try make(
            .comparison(first, comparisons), at: place,
            over: first.height, comparisons.map(\.operand.height).max() ?? 0)
    }

    private mutating func sum() throws(TemplateError) -> Expression {
        let place = offset
        var left = try concatenation()
        while true {
            let operation: ArithmeticOperator
            switch current.kind {
            case .symbol(.add): operation = .add
            case .symbol(.subtract): operation = .subtract
            default: return left
            }
            advance()
            let right = try concatenation()
            left = try make(.arithmetic(operation, left, right), at: place, over: left.height, right.height)
        }
    }

    private mutating func concatenation() throws(TemplateError) -> Expression {
        let place = offset
        var operands = [try product()]
        while skip(.tilde) { operands.append(try product()) }
        if operands.count == 1 { return operands[0] }
        return try make(.concatenation(operands), at: place, over: operands.map(\.height).max() ?? 0)
    }

    private mutating func product() throws(TemplateError) -> Expression {
        let place = offset
        var left = try power()
        while true {
            let operation: ArithmeticOperator
            switch current.kind {
            case .symbol(.multiply): operation = .multiply
            case .symbol(.divide): operation = .divide
            case .symbol(.floorDivide): operation = .floorDivide
            case .symbol(.modulo): operation = .modulo
            default: return left
            }
            advance()
            let right = try power()
            left = try make(.arithmetic(operation, left, right), at: place, over: left.height, right.height)
        }
    }

    /// Left-associative, unlike Python's.
    private mutating func power() throws(TemplateError) -> Expression {
        let place = offset
        var left = try unary()
        while skip(.power) {
            let right = try unary()
            left = try make(.arithmetic(.power, left, right), at: place, over: left.height, right.height)
        }
        return left
    }

    private mutating func unary(allowsFilter: Bool = true) throws(TemplateError) -> Expression {
        let place = offset
        var result: Expression
        switch current.kind {
        case .symbol(.subtract), .symbol(.add):
            let isNegative = current.kind == .symbol(.subtract)
            advance()
            let operand = try nested { parser throws(TemplateError) in try parser.unary(allowsFilter: false) }
            result = try make(isNegative ? .negative(operand) : .positive(operand), at: place, over: operand.height)
        default:
            result = try primary()
        }
        result = try postfix(result)
        return allowsFilter ? try filtersAndTests(result) : result
    }
}
