import JSONText

/// One rendering: walks the program's statements and collects the output.
///
/// Confined to the call of `render` that made it.
final class Renderer {
    let program: Program
    let bounds: TemplateBounds
    let now: LocalTime?
    private var output = ""
    private var steps = 0
    private var depth = 0
    /// Variables from outside and global functions, by the numbers of their names.
    private var globals: [Value?] = []
    private let top = Scope(parent: nil)
    var scope: Scope
    /// Everything that can hold itself; cut apart when the rendering ends.
    private var namespaces: [Value.Namespace] = []
    private var scopes: [Scope] = []

    enum Flow { case next, breakLoop, continueLoop }

    init(program: Program, bounds: TemplateBounds, now: LocalTime?) {
        self.program = program
        self.bounds = bounds
        self.now = now
        self.scope = top
    }

    func render(_ context: JSONObject) throws(TemplateError) -> String {
        globals.reserveCapacity(program.names.count)
        for name in program.names {
            if let json = context[name] {
                globals.append(try Value(json, depthMax: 128))
            } else {
                globals.append(Globals.names.contains(name) ? .function(name) : nil)
            }
        }
        _ = try run(program.body)
        return output
    }

    /// Cuts the references that go in circles.
    func dismantle() {
        for namespace in namespaces { namespace.attributes = Dictionary() }
        for scope in scopes { scope.removeAll() }
        top.removeAll()
    }

    // MARK: Bounds

    /// Counts work. `amount` is in units of about one simple expression.
    func charge(_ amount: Int = 1) throws(TemplateError) {
        steps += amount
        guard steps <= bounds.stepsMax else {
            throw TemplateError.limit("the template takes more than \(bounds.stepsMax) steps")
        }
    }

    /// Passes a text on after checking its length and counting the work it took.
    func checked(_ text: String) throws(TemplateError) -> String {
        guard text.utf8.count <= bounds.textBytesMax else {
            throw TemplateError.limit("a text is longer than \(bounds.textBytesMax) bytes")
        }
        try charge(text.utf8.count / 64)
        return text
    }

    func check(count: Int) throws(TemplateError) {
        guard count <= bounds.elementsMax else {
            throw TemplateError.limit("a list has more than \(bounds.elementsMax) elements")
        }
        try charge(count / 8)
    }

    /// Passes a newly made value on unless it is nested too deeply to be walked through or freed.
    func checked(_ value: Value) throws(TemplateError) -> Value {
        switch value {
        case .string(let text), .markup(let text): _ = try checked(text)
        default: try probe(value, depth: bounds.nestingMax * 2)
        }
        return value
    }

    private func probe(_ value: Value, depth: Int) throws(TemplateError) {
        let elements: [Value]
        switch value {
        case .list(let items), .tuple(let items), .group(let items): elements = items
        case .dictionary(let dictionary), .view(_, let dictionary): elements = dictionary.values
        case .method(let receiver, _): elements = [receiver]
        default: return
        }
        guard depth > 0 else { throw TemplateError.limit("a value is nested too deeply") }
        try check(count: elements.count)
        for element in elements { try probe(element, depth: depth - 1) }
    }

    /// Counts one more level of recursion while `body` runs.
    func nested<Result>(_ body: () throws(TemplateError) -> Result) throws(TemplateError) -> Result {
        try enter()
        defer { leave() }
        return try body()
    }

    func enter() throws(TemplateError) {
        steps += 1
        depth += 1
        guard depth <= bounds.depthMax, steps <= bounds.stepsMax else {
            depth -= 1
            throw TemplateError.limit(
                steps > bounds.stepsMax
                    ? "the template takes more than \(bounds.stepsMax) steps"
                    : "expressions and calls nest deeper than \(bounds.depthMax) levels")
        }
    }

    func leave() { depth -= 1 }

    // MARK: Output and variables

    func write(_ text: String) throws(TemplateError) {
        output += text
        guard output.utf8.count <= bounds.outputBytesMax else {
            throw TemplateError.limit("the output is longer than \(bounds.outputBytesMax) bytes")
        }
    }

    /// Runs statements in a new scope and gives what they write.
    func captured(
        parent: Scope? = nil, _ body: () throws(TemplateError) -> Flow
    ) throws(TemplateError) -> (text: String, flow: Flow) {
        let outside = output
        output = ""
        defer { output = outside }
        let flow = try scoped(parent: parent ?? scope, body)
        return (try checked(output), flow)
    }

    func scoped(
        parent: Scope, _ body: () throws(TemplateError) -> Flow
    ) throws(TemplateError) -> Flow {
        let outside = scope
        scope = Scope(parent: parent)
        defer { scope = outside }
        return try body()
    }

    func variable(_ id: Int) -> Value {
        scope.lookup(id) ?? globals[id] ?? .undefined(Value.Missing("'\(program.names[id])' is undefined"))
    }

    func register(_ namespace: Value.Namespace) { namespaces.append(namespace) }

    func makeMacro(_ definition: MacroDefinition) -> Value {
        scopes.append(scope)
        scope.capture()
        return .macro(Value.Macro(definition, scope: scope))
    }

    func assign(_ target: Target, _ value: Value) throws(TemplateError) {
        switch target {
        case .name(let id): scope.set(id, to: value)
        case .attribute(let id, let name):
            guard case .namespace(let namespace) = variable(id) else {
                throw TemplateError.type("cannot assign attribute on non-namespace object")
            }
            namespace.attributes[text: name] = value
        case .tuple(let targets):
            let elements = try self.elements(of: value)
            guard elements.count == targets.count else {
                throw TemplateError.value(
                    elements.count < targets.count
                        ? "not enough values to unpack (expected \(targets.count), got \(elements.count))"
                        : "too many values to unpack (expected \(targets.count))")
            }
            for (target, element) in zip(targets, elements) { try assign(target, element) }
        }
    }

    var topScope: Scope { top }
}
