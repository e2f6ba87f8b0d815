/// Names, literals, lists, dictionaries and what stands in parentheses.
extension Parser {
    mutating func primary() throws(TemplateError) -> Expression {
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
}
