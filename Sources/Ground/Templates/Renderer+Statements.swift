extension Renderer {
    func run(_ statements: [Statement]) throws(TemplateError) -> Flow {
        try enter()
        defer { leave() }
        for statement in statements {
            let flow = try run(statement)
            if flow != .next { return flow }
        }
        return .next
    }

    private func run(_ statement: Statement) throws(TemplateError) -> Flow {
        try charge()
        switch statement {
        case .text(let text): try write(text)
        case .output(let expression): try output(expression)
        case .branches(let branches, let otherwise):
            for branch in branches where try evaluate(branch.test).isTrue { return try run(branch.body) }
            return try run(otherwise)
        case .loop(let loop, let offset):
            do {
                return try run(loop)
            } catch {
                throw error.located(at: offset)
            }
        case .assign(let target, let expression): try assign(target, expression)
        case .capture(let target, let filters, let body, let offset):
            let (text, flow) = try captured { () throws(TemplateError) in try run(body) }
            guard flow == .next else { return flow }
            let value = try filtered(.string(text), by: filters)
            do { try assign(target, value) } catch { throw error.located(at: offset) }
        case .macro(let definition): scope.set(definition.id, to: makeMacro(definition))
        case .callBlock(let call, let definition): try callBlock(call, definition)
        case .filtered(let filters, let body, _):
            let (text, flow) = try captured { () throws(TemplateError) in try run(body) }
            guard flow == .next else { return flow }
            try write(try filtered(.string(text), by: filters).display)
        case .with(let bindings, let body): return try with(bindings, body)
        case .block(let body, let seesScope):
            return try scoped(parent: seesScope ? scope : topScope) { () throws(TemplateError) in try run(body) }
        case .generation(let body):
            return try scoped(parent: scope) { () throws(TemplateError) in try run(body) }
        case .breakLoop: return .breakLoop
        case .continueLoop: return .continueLoop
        }
        return .next
    }

    private func output(_ expression: Expression) throws(TemplateError) {
        let value = try evaluate(expression)
        switch value {
        case .string(let text), .markup(let text): try write(text)
        case .undefined: break
        default: try write(value.display)
        }
    }

    private func assign(_ target: Target, _ expression: Expression) throws(TemplateError) {
        let value = try evaluate(expression)
        do {
            try assign(target, value)
        } catch {
            throw error.located(at: expression.offset)
        }
    }

    private func filtered(_ value: Value, by filters: [FilterCall]) throws(TemplateError) -> Value {
        var result = value
        for filter in filters { result = try apply(filter, to: result) }
        return result
    }

    private func with(_ bindings: [Statement.Binding], _ body: [Statement]) throws(TemplateError) -> Flow {
        var values: [Value] = []
        for binding in bindings { values.append(try evaluate(binding.value)) }
        return try scoped(parent: scope) { () throws(TemplateError) in
            for (binding, value) in zip(bindings, values) {
                do throws(TemplateError) { try assign(binding.target, value) } catch {
                    throw error.located(at: binding.value.offset)
                }
            }
            return try run(body)
        }
    }

    private func callBlock(_ call: Expression, _ definition: MacroDefinition) throws(TemplateError) {
        guard case .call(let callee, let written) = call.kind else { return }
        let caller = makeMacro(definition)
        let function = try evaluate(callee)
        var arguments = try evaluate(written)
        arguments.named.append(("caller", caller))
        do {
            try write(try self.call(function, arguments).display)
        } catch {
            throw error.located(at: call.offset)
        }
    }

    // MARK: Loops

    private func run(_ loop: Statement.Loop) throws(TemplateError) -> Flow {
        let sequence = try evaluate(loop.sequence)
        if loop.isRecursive {
            try write(try recurse(loop, scope: scope, over: sequence, depth: 1))
            return .next
        }
        return try run(loop, over: sequence, depth: 1)
    }

    /// The text of a recursive loop over `sequence`.
    func recurse(
        _ loop: Statement.Loop, scope: Scope, over sequence: Value, depth: Int
    ) throws(TemplateError) -> String {
        try enter()
        defer { leave() }
        return try captured(parent: scope) { () throws(TemplateError) in
            try run(loop, over: sequence, depth: depth)
        }.text
    }

    private func run(_ loop: Statement.Loop, over sequence: Value, depth: Int) throws(TemplateError) -> Flow {
        let outside = scope
        var items = try elements(of: sequence)
        try charge(items.count / 8)
        if let condition = loop.condition { items = try items.filtered(self, loop.target, condition) }
        let recursion = loop.isRecursive ? (loop, outside) : nil
        let state = LoopState(items: items, depth: depth, recursion: recursion)
        let loopID = program.loopID
        let inner = Scope(parent: outside)
        var completesOne = false
        scope = inner
        defer { scope = outside }
        for (index, item) in items.enumerated() {
            // A scope that a macro has captured must stay as it is; any other is used again.
            if scope.isCaptured { scope = Scope(parent: outside) } else { scope.removeAll() }
            state.index0 = index
            if let loopID { scope.set(loopID, to: .loop(state)) }
            try assign(loop.target, item)
            let flow = try run(loop.body)
            if flow == .breakLoop { break }
            if flow == .next { completesOne = true }
        }
        // As in jinja2, an iteration that `break` or `continue` cuts short does not count.
        guard !completesOne else { return .next }
        scope = Scope(parent: outside)
        return try run(loop.otherwise)
    }
}

extension [Value] {
    fileprivate func filtered(
        _ renderer: Renderer, _ target: Target, _ condition: Expression
    ) throws(TemplateError) -> [Value] {
        let outside = renderer.scope
        defer { renderer.scope = outside }
        var result: [Value] = []
        for element in self {
            renderer.scope = Scope(parent: outside)
            try renderer.assign(target, element)
            if try renderer.evaluate(condition).isTrue { result.append(element) }
        }
        return result
    }
}
