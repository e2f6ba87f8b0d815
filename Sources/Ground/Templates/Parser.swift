/// Turns tokens into a program. Statements are here, expressions in their own file.
struct Parser {
    private let tokens: [Token]
    private var position = 0
    let nestingMax: Int
    private var nesting = 0
    private var ids: [String: Int] = [:]
    private var names: [String] = []
    /// Loops around the current statement, within the innermost macro.
    private var loops = 0
    /// Whether the current statement stands directly in an `if`, where unknown filters are an error only when reached.
    private var isConditional = false
    /// Unknown filters and tests of the current expression.
    var unknown: [TemplateError] = []
    /// The special names that the macros around the current place mention.
    private var mentions: [Set<String>] = []
    private var blocks: Set<String> = []

    init(tokens: [Token], nestingMax: Int) {
        self.tokens = tokens
        self.nestingMax = nestingMax
    }

    mutating func program() throws(TemplateError) -> Program {
        let body = try statements(until: [])
        return Program(body: body, names: names, loopID: ids["loop"])
    }

    // MARK: Tokens

    var current: Token { tokens[min(position, tokens.count - 1)] }
    var next: Token { tokens[min(position + 1, tokens.count - 1)] }
    var offset: Int { current.offset }

    mutating func advance() { position += 1 }

    mutating func skip(_ symbol: Symbol) -> Bool {
        guard current.kind == .symbol(symbol) else { return false }
        advance()
        return true
    }

    mutating func skip(name: String) -> Bool {
        guard current.kind == .name(name) else { return false }
        advance()
        return true
    }

    mutating func expect(_ kind: Token.Kind) throws(TemplateError) {
        guard current.kind == kind else {
            throw syntax("expected token '\(kind.description)', got '\(current.kind.description)'")
        }
        advance()
    }

    mutating func name() throws(TemplateError) -> String {
        guard case .name(let name) = current.kind else {
            throw syntax("expected a name, got '\(current.kind.description)'")
        }
        advance()
        return name
    }

    func syntax(_ message: String, at offset: Int? = nil) -> TemplateError {
        TemplateError(.syntax, message, offset: offset ?? self.offset)
    }

    mutating func id(of name: String) -> Int {
        if let id = ids[name] { return id }
        ids[name] = names.count
        names.append(name)
        return names.count - 1
    }

    mutating func mention(_ name: String) {
        guard name == "varargs" || name == "kwargs" || name == "caller" else { return }
        for index in mentions.indices { mentions[index].insert(name) }
    }

    /// Counts one more level of nesting while `body` runs.
    mutating func nested<Result>(
        _ body: (inout Parser) throws(TemplateError) -> Result
    ) throws(TemplateError) -> Result {
        guard nesting < nestingMax else {
            throw TemplateError(.limit, "nested deeper than \(nestingMax) levels", offset: offset)
        }
        nesting += 1
        defer { nesting -= 1 }
        return try body(&self)
    }

    // MARK: Statements

    /// Reads statements up to a tag that is one of `ends`, and stops at that tag's name. Without ends: to the end.
    private mutating func statements(until ends: [String]) throws(TemplateError) -> [Statement] {
        var body: [Statement] = []
        while true {
            let place = offset
            switch current.kind {
            case .end:
                guard ends.isEmpty else {
                    throw syntax("unexpected end of template, looking for \(ends.joined(separator: " or "))")
                }
                return body
            case .text(let text):
                advance()
                body.append(.text(text))
            case .variableBegin:
                advance()
                body.append(.output(try wholeExpression { parser throws(TemplateError) in try parser.tuple() }))
                try expect(.variableEnd)
            case .blockBegin:
                advance()
                guard case .name(let tag) = current.kind else { throw syntax("tag name expected") }
                if ends.contains(tag) { return body }
                body.append(
                    contentsOf: try nested { parser throws(TemplateError) in try parser.statement(tag, at: place) })
                try expect(.blockEnd)
            default:
                throw syntax("unexpected '\(current.kind.description)'")
            }
        }
    }

    /// Reads a tag's body: from the end of the tag to one of `ends`, whose name is returned and passed over.
    private mutating func body(
        until ends: [String], isConditional conditional: Bool = false
    ) throws(TemplateError) -> (body: [Statement], end: String) {
        _ = skip(.colon)
        try expect(.blockEnd)
        let outside = isConditional
        isConditional = conditional
        defer { isConditional = outside }
        let statements = try statements(until: ends)
        return (statements, try name())
    }

    /// Reads an expression and complains about unknown filters, unless they may stay unreached.
    mutating func wholeExpression(
        isConditional conditional: Bool = false, _ read: (inout Parser) throws(TemplateError) -> Expression
    ) throws(TemplateError) -> Expression {
        unknown = []
        let expression = try read(&self)
        if !isConditional, !conditional, let first = unknown.first { throw first }
        return expression
    }

    private mutating func statement(_ tag: String, at place: Int) throws(TemplateError) -> [Statement] {
        advance()
        switch tag {
        case "if": return [try conditional()]
        case "for": return [try loop(at: place)]
        case "set": return [try assignment(at: place)]
        case "macro": return [try macro()]
        case "call": return [try callBlock(at: place)]
        case "filter": return [try filterBlock(at: place)]
        case "with": return [try with()]
        case "block": return [try block()]
        case "print": return try prints()
        case "generation":
            let (definition, _) = try function(name: nil, parameters: [], end: "endgeneration")
            return [.generation(definition.body)]
        case "break", "continue":
            guard loops > 0 else { throw syntax("'\(tag)' outside loop", at: place) }
            return [tag == "break" ? .breakLoop : .continueLoop]
        case "include", "import", "from", "extends":
            throw TemplateError(
                .unsupported, "'\(tag)' is not supported: a chat template stands alone", offset: place)
        case "autoescape":
            throw TemplateError(.unsupported, "automatic escaping is not supported", offset: place)
        default:
            throw syntax("encountered unknown tag '\(tag)'", at: place)
        }
    }

    private mutating func conditional() throws(TemplateError) -> Statement {
        var branches: [Statement.Branch] = []
        while true {
            let test = try wholeExpression(isConditional: true) { parser throws(TemplateError) in
                try parser.tuple(allowsConditional: false)
            }
            let (body, end) = try body(until: ["elif", "else", "endif"], isConditional: true)
            branches.append(Statement.Branch(test: test, body: body))
            switch end {
            case "elif": continue
            case "else":
                let (otherwise, _) = try self.body(until: ["endif"], isConditional: true)
                return .branches(branches, otherwise: otherwise)
            default: return .branches(branches, otherwise: [])
            }
        }
    }

    private mutating func loop(at place: Int) throws(TemplateError) -> Statement {
        loops += 1
        let target = try target(end: "in")
        loops -= 1
        try expect(.name("in"))
        let sequence = try wholeExpression { parser throws(TemplateError) in
            try parser.tuple(allowsConditional: false, end: "recursive")
        }
        var condition: Expression?
        if skip(name: "if") {
            condition = try wholeExpression { parser throws(TemplateError) in try parser.expression() }
        }
        let isRecursive = skip(name: "recursive")
        loops += 1
        let first: (body: [Statement], end: String)
        do {
            defer { loops -= 1 }
            first = try body(until: ["endfor", "else"])
        }
        let otherwise = first.end == "else" ? try body(until: ["endfor"]).body : []
        return .loop(
            Statement.Loop(
                target: target, sequence: sequence, condition: condition, isRecursive: isRecursive, body: first.body,
                otherwise: otherwise), offset: place)
    }

    private mutating func assignment(at place: Int) throws(TemplateError) -> Statement {
        let target = try target(allowsAttribute: true)
        if skip(.assign) {
            return .assign(target, try wholeExpression { parser throws(TemplateError) in try parser.tuple() })
        }
        let filters = try filterChain(startsInline: false)
        let (body, _) = try body(until: ["endset"])
        return .capture(target, filters, body, offset: place)
    }

    private mutating func filterChain(startsInline: Bool) throws(TemplateError) -> [FilterCall] {
        unknown = []
        var filters: [FilterCall] = []
        if startsInline { filters.append(try filterCall()) }
        while skip(.pipe) { filters.append(try filterCall()) }
        if !isConditional, let first = unknown.first { throw first }
        return filters
    }

    private mutating func filterBlock(at place: Int) throws(TemplateError) -> Statement {
        let filters = try filterChain(startsInline: true)
        let (body, _) = try body(until: ["endfilter"])
        return .filtered(filters, body, offset: place)
    }

    private mutating func with() throws(TemplateError) -> Statement {
        var bindings: [Statement.Binding] = []
        while current.kind != .blockEnd, current.kind != .end {
            if !bindings.isEmpty { try expect(.symbol(.comma)) }
            let target = try target()
            try expect(.symbol(.assign))
            let value = try wholeExpression { parser throws(TemplateError) in try parser.expression() }
            bindings.append(Statement.Binding(target: target, value: value))
        }
        let (body, _) = try body(until: ["endwith"])
        return .with(bindings, body)
    }

    private mutating func block() throws(TemplateError) -> Statement {
        let place = offset
        let blockName = try name()
        guard blocks.insert(blockName).inserted else { throw syntax("block '\(blockName)' defined twice", at: place) }
        let seesScope = skip(name: "scoped")
        _ = skip(name: "required")
        let outside = loops
        loops = 0
        defer { loops = outside }
        let (body, _) = try body(until: ["endblock"])
        _ = skip(name: blockName)
        return .block(body, seesScope: seesScope)
    }

    private mutating func prints() throws(TemplateError) -> [Statement] {
        var outputs: [Statement] = []
        while current.kind != .blockEnd, current.kind != .end {
            if !outputs.isEmpty { try expect(.symbol(.comma)) }
            outputs.append(
                .output(try wholeExpression { parser throws(TemplateError) in try parser.expression() }))
        }
        return outputs
    }

    // MARK: Macros

    private mutating func macro() throws(TemplateError) -> Statement {
        let place = offset
        let macroName = try name()
        guard !Self.constants.contains(macroName) else { throw syntax("can't assign to '\(macroName)'", at: place) }
        try check(store: macroName, at: place)
        let parameters = try signature()
        return .macro(try function(name: macroName, parameters: parameters, end: "endmacro").0)
    }

    private mutating func callBlock(at place: Int) throws(TemplateError) -> Statement {
        let parameters = current.kind == .symbol(.leftParenthesis) ? try signature() : []
        let call = try wholeExpression { parser throws(TemplateError) in try parser.expression() }
        guard case .call = call.kind else { throw syntax("expected call", at: place) }
        return .callBlock(call, try function(name: nil, parameters: parameters, end: "endcall").0)
    }

    private mutating func function(
        name functionName: String?, parameters: [MacroDefinition.Parameter], end: String
    ) throws(TemplateError) -> (MacroDefinition, String) {
        let outside = loops
        loops = 0
        mentions.append([])
        defer { loops = outside }
        let (body, closing) = try body(until: [end])
        var mentioned = mentions.popLast() ?? []
        mentioned.subtract(parameters.map(\.name))
        let definition = MacroDefinition(
            name: functionName, id: functionName.map { id(of: $0) } ?? -1, parameters: parameters, body: body,
            takesPositional: mentioned.contains("varargs"), takesNamed: mentioned.contains("kwargs"),
            takesCaller: mentioned.contains("caller"))
        return (definition, closing)
    }

    private mutating func signature() throws(TemplateError) -> [MacroDefinition.Parameter] {
        try expect(.symbol(.leftParenthesis))
        var parameters: [MacroDefinition.Parameter] = []
        while current.kind != .symbol(.rightParenthesis) {
            if !parameters.isEmpty { try expect(.symbol(.comma)) }
            let place = offset
            let parameter = try name()
            guard !Self.constants.contains(parameter) else { throw syntax("can't assign to '\(parameter)'", at: place) }
            guard !parameters.contains(where: { $0.name == parameter }) else {
                throw syntax("duplicate argument '\(parameter)'", at: place)
            }
            var initial: Expression?
            if skip(.assign) {
                initial = try wholeExpression { parser throws(TemplateError) in try parser.expression() }
            } else if parameters.last?.initial != nil {
                throw syntax("non-default argument follows default argument", at: place)
            }
            parameters.append(
                MacroDefinition.Parameter(name: parameter, id: id(of: parameter), initial: initial))
        }
        try expect(.symbol(.rightParenthesis))
        return parameters
    }

    // MARK: Targets

    static let constants: Set<String> = ["true", "false", "none", "True", "False", "None"]

    private func check(store name: String, at place: Int) throws(TemplateError) {
        if name == "loop", loops > 0 {
            throw syntax("can't assign to special loop variable in for-loop target", at: place)
        }
    }

    private mutating func target(
        end: String? = nil, allowsAttribute: Bool = false
    ) throws(TemplateError) -> Target {
        var targets: [Target] = []
        var isTuple = false
        while true {
            if !targets.isEmpty { try expect(.symbol(.comma)) }
            if isTupleEnd(end) { break }
            targets.append(try singleTarget(allowsAttribute: allowsAttribute))
            guard current.kind == .symbol(.comma) else { break }
            isTuple = true
        }
        if !isTuple, let only = targets.first { return only }
        guard isTuple else { throw syntax("expected an expression, got '\(current.kind.description)'") }
        return .tuple(targets)
    }

    private mutating func singleTarget(allowsAttribute: Bool) throws(TemplateError) -> Target {
        let place = offset
        if skip(.leftParenthesis) {
            let inner = try nested { parser throws(TemplateError) in
                try parser.target(allowsAttribute: false)
            }
            try expect(.symbol(.rightParenthesis))
            return inner
        }
        let targetName = try name()
        guard !Self.constants.contains(targetName) else { throw syntax("can't assign to '\(targetName)'", at: place) }
        if allowsAttribute, skip(.dot) { return .attribute(of: id(of: targetName), try name()) }
        try check(store: targetName, at: place)
        return .name(id(of: targetName))
    }

    func isTupleEnd(_ end: String?) -> Bool {
        switch current.kind {
        case .variableEnd, .blockEnd, .symbol(.rightParenthesis): true
        case .name(let name): name == end
        default: false
        }
    }
}
