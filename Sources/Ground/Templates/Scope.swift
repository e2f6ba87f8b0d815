/// The variables of one block while it is rendered.
final class Scope {
    let parent: Scope?
    private var ids: [Int] = []
    private var values: [Value] = []

    /// Whether a macro holds this scope.
    private(set) var isCaptured = false

    init(parent: Scope?) { self.parent = parent }

    /// Notes that a macro holds this scope, and so all that it sees.
    func capture() {
        var scope: Scope? = self
        while let current = scope, !current.isCaptured {
            current.isCaptured = true
            scope = current.parent
        }
    }

    /// The value of a variable here or further out.
    func lookup(_ id: Int) -> Value? {
        var scope: Scope? = self
        while let current = scope {
            if let position = current.ids.firstIndex(of: id) { return current.values[position] }
            scope = current.parent
        }
        return nil
    }

    func set(_ id: Int, to value: Value) {
        if let position = ids.firstIndex(of: id) {
            values[position] = value
        } else {
            ids.append(id)
            values.append(value)
        }
    }

    func removeAll() {
        ids.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
    }
}

/// What the variable `loop` is.
final class LoopState {
    private let items: [Value]
    let count: Int
    let depth: Int
    var index0 = 0
    private var lastChanged: Value?
    /// Renders the loop's body for other items; missing when the loop is not recursive.
    let recursion: (loop: Statement.Loop, scope: Scope)?

    init(items: [Value], depth: Int, recursion: (loop: Statement.Loop, scope: Scope)?) {
        self.items = items
        self.count = items.count
        self.depth = depth
        self.recursion = recursion
    }

    func attribute(_ name: String) -> Value? {
        switch name {
        case "index": .integer(index0 + 1)
        case "index0": .integer(index0)
        case "revindex": .integer(count - index0)
        case "revindex0": .integer(count - index0 - 1)
        case "first": .bool(index0 == 0)
        case "last": .bool(index0 == count - 1)
        case "length": .integer(count)
        case "depth": .integer(depth)
        case "depth0": .integer(depth - 1)
        case "previtem":
            index0 > 0 ? items[index0 - 1] : .undefined(Value.Missing("there is no previous item"))
        case "nextitem":
            index0 + 1 < count ? items[index0 + 1] : .undefined(Value.Missing("there is no next item"))
        case "cycle", "changed": .method(.loop(self), name)
        default: nil
        }
    }

    func call(_ name: String, _ arguments: [Value]) throws(TemplateError) -> Value {
        if name == "cycle" {
            guard !arguments.isEmpty else { throw TemplateError.type("no items for cycling given") }
            return arguments[index0 % arguments.count]
        }
        let value = Value.tuple(arguments)
        guard let lastChanged, lastChanged.isEqual(to: value) else {
            lastChanged = value
            return .bool(true)
        }
        return .bool(false)
    }
}
