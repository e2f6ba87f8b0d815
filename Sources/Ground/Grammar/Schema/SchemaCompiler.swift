import JSONText

/// Turns one schema document into rules.
///
/// A rule stands for a conjunction: the schemas that hold for the same value. First every conjunction that can be
/// reached is given its shapes; then those without any finite text are found and left out; then the rest is written.
struct SchemaCompiler {
    var document: SchemaDocument
    var text: GrammarText
    var steps = 0
    var alternativesKnown: [Conjunction: [SchemaAlternative]] = [:]
    var emptyKnown: [Conjunction: Bool] = [:]
    var patternsKnown: [String: PatternText] = [:]
    private var shapes: [Conjunction: [SchemaShape]] = [:]
    private var productive: Set<Conjunction> = []
    private var names: [Conjunction: String] = [:]
    /// The first reason that was met why something cannot be satisfied.
    private var contradiction: GrammarError?

    init(_ schema: JSONValue, into text: GrammarText) throws(GrammarError) {
        document = try SchemaDocument(schema)
        self.text = text
    }

    /// Writes all rules and returns the name of the first.
    mutating func compile(name: String) throws(GrammarError) -> String {
        let root: Conjunction = [0]
        try build(root)
        findProductive()
        guard productive.contains(root) else {
            throw contradiction ?? GrammarError(.unsupported, "No JSON value satisfies the schema.", place: "#")
        }
        let written = try rule(for: root, named: name)
        guard text.count <= SchemaLimits.rulesMax, text.size <= SchemaLimits.bytesMax else {
            throw GrammarError(.tooLarge, "The schema's grammar would be too large.", place: "#")
        }
        return written
    }

    mutating func contradict(_ message: String, place: String) {
        guard contradiction == nil else { return }
        contradiction = GrammarError(.unsupported, "The schema cannot be satisfied: \(message).", place: place)
    }
}

// MARK: Shapes
extension SchemaCompiler {
    private mutating func build(_ root: Conjunction) throws(GrammarError) {
        var waiting = [root]
        while let next = waiting.popLast() {
            guard shapes[next] == nil else { continue }
            let found = try shapes(of: next)
            shapes[next] = found
            for shape in found { waiting += shape.parts.filter { shapes[$0] == nil } }
            guard shapes.count <= SchemaLimits.nodeCountMax else {
                throw GrammarError(.tooLarge, "The schema combines too many of its parts.", place: "#")
            }
        }
    }

    private mutating func shapes(of conjunction: Conjunction) throws(GrammarError) -> [SchemaShape] {
        if conjunction.isEmpty { return [.any] }
        var result: [SchemaShape] = []
        for alternative in try alternatives(of: conjunction) {
            for settled in try settle(alternative, all: conjunction, depth: 0) {
                result += try merge(settled, infersTypes: true)
            }
        }
        return result
    }

    /// Those conjunctions that have a finite text: a list that must contain itself has none.
    private mutating func findProductive() {
        var isChanged = true
        while isChanged {
            isChanged = false
            for (conjunction, shapes) in shapes where !productive.contains(conjunction) {
                if shapes.contains(where: { narrowed($0) != nil }) {
                    productive.insert(conjunction)
                    isChanged = true
                }
            }
        }
    }

    /// The shape without the parts that have no text; `nil` when none is left.
    private func narrowed(_ shape: SchemaShape) -> SchemaShape? {
        switch shape {
        case .any, .null, .boolean: return shape
        case .values(let values): return values.isEmpty ? nil : shape
        case .number(let number): return number.isEmpty ? nil : shape
        case .string(let string): return string.isEmpty ? nil : shape
        case .array(var array):
            if let stop = array.first.firstIndex(where: { !productive.contains($0) }) {
                array.first.removeSubrange(stop...)
                array.rest = nil
            }
            if let rest = array.rest, !productive.contains(rest) { array.rest = nil }
            if let contains = array.contains?.conjunction, !productive.contains(contains) { return nil }
            if array.rest == nil { array.countMax = min(array.countMax ?? .max, array.first.count) }
            return array.countMax.map { $0 < array.countMin } == true ? nil : .array(array)
        case .object(var object):
            for member in object.members where member.isRequired && !productive.contains(member.value) { return nil }
            object.forbidden += object.members.filter { !productive.contains($0.value) }.map(\.name)
            object.members.removeAll { !productive.contains($0.value) }
            object.extras.removeAll { extra in
                if case .matching(let name) = extra.name, !productive.contains(name) { return true }
                return !productive.contains(extra.value)
            }
            let possible = object.extras.isEmpty ? object.members.count : .max
            let demanded = max(object.countMin, object.members.count(where: \.isRequired))
            return demanded > min(possible, object.countMax ?? .max) ? nil : .object(object)
        }
    }
}

extension SchemaShape {
    /// The conjunctions within.
    var parts: [Conjunction] {
        switch self {
        case .array(let array):
            return array.first + [array.rest, array.contains?.conjunction].compactMap { $0 }
        case .object(let object):
            let names: [Conjunction] = object.extras.compactMap {
                if case .matching(let name) = $0.name { name } else { nil }
            }
            return object.members.map(\.value) + object.extras.map(\.value) + names
        default: return []
        }
    }
}

// MARK: Writing
extension SchemaCompiler {
    /// Gives shapes to a conjunction that is met only while writing.
    mutating func ensureBuilt(_ conjunction: Conjunction) throws(GrammarError) {
        try build(conjunction)
        findProductive()
    }

    /// Whether a conjunction has any text.
    func has(_ conjunction: Conjunction) -> Bool { conjunction.isEmpty || productive.contains(conjunction) }

    /// The values of a conjunction, when it is a list of them.
    func listed(_ conjunction: Conjunction) -> [JSONValue]? {
        var result: [JSONValue] = []
        for shape in shapes[conjunction] ?? [] {
            switch shape {
            case .values(let values): result += values
            case .boolean: result += [true, false]
            case .null: result.append(nil)
            default: return nil
            }
        }
        return result
    }

    /// The rule of a conjunction that has a text, written on first use.
    mutating func rule(for conjunction: Conjunction, named name: String) throws(GrammarError) -> String {
        if let known = names[conjunction] { return known }
        guard !conjunction.isEmpty else { return text.anyValue() }
        let shapes = (shapes[conjunction] ?? []).compactMap(narrowed)
        let isNested = shapes.contains { !$0.parts.isEmpty }
        // Only what can contain itself needs its name before its expression.
        let reserved = isNested ? text.reserve(name) : nil
        if let reserved { names[conjunction] = reserved }
        var expressions: [String] = []
        for shape in shapes {
            for expression in try self.expressions(of: shape, name: reserved ?? name)
            where !expressions.contains(expression) { expressions.append(expression) }
            guard text.size <= SchemaLimits.bytesMax else {
                throw GrammarError(
                    .tooLarge, "The schema's grammar would be too large.", place: place(of: conjunction))
            }
        }
        let whole = expressions.joined(separator: " | ")
        if let reserved {
            text.define(reserved, whole)
            return reserved
        }
        let written = text.isDefined(whole) ? whole : text.rule(name, whole)
        names[conjunction] = written
        return written
    }

    private func place(of conjunction: Conjunction) -> String? {
        conjunction.first.map { document.node($0).pointer }
    }

    private mutating func expressions(of shape: SchemaShape, name: String) throws(GrammarError) -> [String] {
        switch shape {
        case .any: return [text.anyValue()]
        case .values(let values): return values.map { text.value($0) }
        case .null: return [#""null""#]
        case .boolean: return [text.boolean()]
        case .number(let number): return try text.numbers(number, name: name)
        case .string(let string): return [try self.string(string, name: name)]
        case .array(let array): return [try self.array(array, name: name)]
        case .object(let object): return [try self.object(object, name: name)]
        }
    }
}
