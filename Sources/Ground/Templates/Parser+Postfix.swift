/// What follows a primary: attributes, items, calls, filters and tests.
extension Parser {
    mutating func postfix(_ base: Expression) throws(TemplateError) -> Expression {
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

    mutating func filtersAndTests(_ base: Expression) throws(TemplateError) -> Expression {
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
