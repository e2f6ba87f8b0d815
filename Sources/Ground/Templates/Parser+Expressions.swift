extension Parser {
    /// How high the tree of an expression may grow. Higher ones would exhaust the stack when they are evaluated or freed.
    static let heightMax = 200

    private func make(_ kind: Expression.Kind, at place: Int, over children: Int...) throws(TemplateError) -> Expression
    {
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

    // MARK: Primaries

    private mutating func primary() throws(TemplateError) -> Expression {
        let place = offset
        switch current.kind {
        case .name(let name):
            advance()
            switch name {
            case "true", "True": return try make(.literal(.bool(true)), at: place)
            case "false", "False": return try make(.literal(.bool(false)), at: place)
            case "none", "None": return try make(.literal(.none), at: place)
            default:
                mention(name)
                return try make(.name(id(of: name)), at: place)
            }
        case .string(var text):
            advance()
            while case .string(let more) = current.kind {
                text += more
                advance()
            }
            return try make(.literal(.string(text)), at: place)
        case .integer(let value):
            advance()
            return try make(.literal(.integer(value)), at: place)
        case .float(let value):
            advance()
            return try make(.literal(.float(value)), at: place)
        case .symbol(.leftParenthesis):
            advance()
            let inner = try nested { parser throws(TemplateError) in try parser.tuple(isParenthesised: true) }
            try expect(.symbol(.rightParenthesis))
            return inner
        case .symbol(.leftBracket): return try list()
        case .symbol(.leftBrace): return try dictionary()
        default: throw syntax("unexpected '\(current.kind.description)'")
        }
    }

    private mutating func list() throws(TemplateError) -> Expression {
        let place = offset
        advance()
        var elements: [Expression] = []
        while current.kind != .symbol(.rightBracket) {
            if !elements.isEmpty { try expect(.symbol(.comma)) }
            if current.kind == .symbol(.rightBracket) { break }
            elements.append(try expression())
        }
        advance()
        return try make(.list(elements), at: place, over: elements.map(\.height).max() ?? 0)
    }

    private mutating func dictionary() throws(TemplateError) -> Expression {
        let place = offset
        advance()
        var entries: [Expression.Entry] = []
        while current.kind != .symbol(.rightBrace) {
            if !entries.isEmpty { try expect(.symbol(.comma)) }
            if current.kind == .symbol(.rightBrace) { break }
            let key = try expression()
            try expect(.symbol(.colon))
            entries.append(Expression.Entry(key: key, value: try expression()))
        }
        advance()
        return try make(
            .dictionary(entries), at: place, over: entries.map { max($0.key.height, $0.value.height) }.max() ?? 0)
    }

    // MARK: What follows a primary

    private mutating func postfix(_ base: Expression) throws(TemplateError) -> Expression {
        var result = base
        while true {
            switch current.kind {
            case .symbol(.dot): result = try attribute(of: result)
            case .symbol(.leftBracket): result = try item(of: result)
            case .symbol(.leftParenthesis): result = try call(result)
            default: return result
            }
        }
    }

    private mutating func filtersAndTests(_ base: Expression) throws(TemplateError) -> Expression {
        var result = base
        while true {
            let place = offset
            switch current.kind {
            case .symbol(.pipe):
                advance()
                let filter = try filterCall()
                result = try make(.filter(result, filter), at: place, over: result.height, filter.arguments.height)
            case .name("is"): result = try test(of: result)
            case .symbol(.leftParenthesis): result = try call(result)
            default: return result
            }
        }
    }

    private mutating func attribute(of base: Expression) throws(TemplateError) -> Expression {
        let place = offset
        advance()
        switch current.kind {
        case .name(let name):
            advance()
            return try make(.attribute(base, name), at: place, over: base.height)
        case .integer(let index):
            let literal = try make(.literal(.integer(index)), at: offset)
            advance()
            return try make(.item(base, literal), at: place, over: base.height, literal.height)
        default: throw syntax("expected name or number")
        }
    }

    private mutating func item(of base: Expression) throws(TemplateError) -> Expression {
        let place = offset
        advance()
        var subscripts: [Expression] = []
        while current.kind != .symbol(.rightBracket) {
            if !subscripts.isEmpty { try expect(.symbol(.comma)) }
            subscripts.append(try sliceOrExpression())
        }
        advance()
        let height = subscripts.map(\.height).max() ?? 0
        let key = subscripts.count == 1 ? subscripts[0] : try make(.tuple(subscripts), at: place, over: height)
        return try make(.item(base, key), at: place, over: base.height, key.height)
    }

    private mutating func sliceOrExpression() throws(TemplateError) -> Expression {
        let place = offset
        var parts: [Expression?] = [nil, nil, nil]
        if current.kind != .symbol(.colon) {
            let first = try expression()
            guard current.kind == .symbol(.colon) else { return first }
            parts[0] = first
        }
        for index in 1...2 where skip(.colon) {
            switch current.kind {
            case .symbol(.colon), .symbol(.rightBracket), .symbol(.comma): break
            default: parts[index] = try expression()
            }
        }
        return try make(
            .slice(parts[0], parts[1], parts[2]), at: place, over: parts.map { $0?.height ?? 0 }.max() ?? 0)
    }

    private mutating func call(_ base: Expression) throws(TemplateError) -> Expression {
        let place = offset
        let arguments = try callArguments()
        return try make(.call(base, arguments), at: place, over: base.height, arguments.height)
    }

    mutating func filterCall() throws(TemplateError) -> FilterCall {
        let place = offset
        let filterName = try dottedName()
        let arguments = current.kind == .symbol(.leftParenthesis) ? try callArguments() : CallArguments()
        let function = Filters.table[filterName]
        if function == nil { unknown.append(syntax("no filter named '\(filterName)'", at: place)) }
        return FilterCall(name: filterName, function: function, arguments: arguments, offset: place)
    }

    private mutating func dottedName() throws(TemplateError) -> String {
        var result = try name()
        while skip(.dot) { result += "." + (try name()) }
        return result
    }

    private mutating func test(of base: Expression) throws(TemplateError) -> Expression {
        let place = offset
        advance()
        let isNegated = skip(name: "not")
        let testName = try dottedName()
        var arguments = CallArguments()
        switch current.kind {
        case .symbol(.leftParenthesis): arguments = try callArguments()
        case .name("else"), .name("or"), .name("and"): break
        case .name("is"): throw syntax("you cannot chain multiple tests with is")
        case .name, .string, .integer, .float, .symbol(.leftBracket), .symbol(.leftBrace):
            arguments.positional = [try postfix(try primary())]
        default: break
        }
        let function = ValueTests.table[testName]
        if function == nil { unknown.append(syntax("no test named '\(testName)'", at: place)) }
        let call = TestCall(name: testName, function: function, arguments: arguments)
        let test = try make(.test(base, call), at: place, over: base.height, arguments.height)
        return isNegated ? try make(.not(test), at: place, over: test.height) : test
    }

    private mutating func callArguments() throws(TemplateError) -> CallArguments {
        let place = offset
        try expect(.symbol(.leftParenthesis))
        var arguments = CallArguments()
        var needsComma = false
        func check(_ isValid: Bool) throws(TemplateError) {
            guard isValid else { throw syntax("invalid syntax for function call expression", at: place) }
        }
        while current.kind != .symbol(.rightParenthesis) {
            if needsComma {
                try expect(.symbol(.comma))
                if current.kind == .symbol(.rightParenthesis) { break }
            }
            needsComma = true
            if skip(.multiply) {
                try check(arguments.sequence == nil && arguments.mapping == nil)
                arguments.sequence = try expression()
            } else if skip(.power) {
                try check(arguments.mapping == nil)
                arguments.mapping = try expression()
            } else if case .name(let key) = current.kind, next.kind == .symbol(.assign) {
                try check(arguments.mapping == nil && !arguments.named.contains { $0.name == key })
                advance()
                advance()
                arguments.named.append(CallArguments.Named(name: key, value: try expression()))
            } else {
                try check(arguments.sequence == nil && arguments.mapping == nil && arguments.named.isEmpty)
                arguments.positional.append(try expression())
            }
        }
        advance()
        return arguments
    }
}
