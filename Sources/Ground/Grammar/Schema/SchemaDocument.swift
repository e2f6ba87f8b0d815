import JSONText

/// One schema within a document: a boolean or an object, and where it stands.
struct SchemaNode: Sendable {
    let schema: JSONValue
    /// Its JSON pointer with a leading `#`; a rewritten schema's begins with `#¬` or ends with a note.
    let pointer: String
    /// The pointer of the schema with an `$id` that this one belongs to.
    let resource: String
    /// Made by this module, not written by the schema's author.
    var isRewritten = false
}

/// A schema document: its schemas by number, and what its references mean.
///
/// Numbers are given as schemas are met. The same place always has the same number, so that a set of numbers can
/// stand for "all of these at once", and recursion ends.
struct SchemaDocument: Sendable {
    enum Dialect: Int, Comparable {
        case draft6, draft7, draft2019, draft2020

        static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    let dialect: Dialect
    /// Whether the document names its dialect. One that does not is read with the keywords of all of them.
    let hasDialect: Bool
    private(set) var nodes: [SchemaNode] = []
    private var numbers: [String: Int] = [:]
    private let root: JSONValue
    /// Pointers by identifier: `https://…/a` for an `$id`, and `<resource pointer>#name` for an anchor.
    private var identifiers: [String: String] = [:]
    private var anchors: [String: String] = [:]
    private(set) var dynamicAnchors: [String: Int] = [:]

    init(_ schema: JSONValue) throws(GrammarError) {
        root = schema
        let name = schema["$schema"]?.string
        hasDialect = name != nil
        dialect = try Self.dialect(name)
        try index(schema, pointer: "#", resource: "#", base: "", depth: 0)
        _ = try add(schema, pointer: "#", resource: "#")
    }

    private static func dialect(_ name: String?) throws(GrammarError) -> Dialect {
        guard let name else { return .draft2020 }
        if name.contains("draft-06") { return .draft6 }
        if name.contains("draft-07") { return .draft7 }
        if name.contains("2019-09") { return .draft2019 }
        if name.contains("2020-12") { return .draft2020 }
        throw GrammarError(
            .unsupported, "'$schema' names '\(name)'; the drafts 6, 7, 2019-09 and 2020-12 are known.",
            place: "#/$schema")
    }

    func node(_ number: Int) -> SchemaNode { nodes[number] }

    /// The number of the schema at a place.
    mutating func add(
        _ schema: JSONValue, pointer: String, resource: String, isRewritten: Bool = false
    ) throws(GrammarError) -> Int {
        if let known = numbers[pointer] { return known }
        guard nodes.count < SchemaLimits.nodeCountMax else {
            throw GrammarError(
                .tooLarge, "The schema has more than \(SchemaLimits.nodeCountMax) parts.", place: pointer)
        }
        var home = resource
        switch schema {
        case .bool: break
        case .object(let members):
            if let id = members["$id"]?.string, !id.hasPrefix("#"), !isRewritten { home = pointer }
        default:
            throw GrammarError(
                .syntax, "A schema must be an object or a boolean, not \(schema.kind).", place: pointer)
        }
        numbers[pointer] = nodes.count
        nodes.append(SchemaNode(schema: schema, pointer: pointer, resource: home, isRewritten: isRewritten))
        return nodes.count - 1
    }

    /// The number of a subschema: `path` are the keyword and, if any, the name or the index below it.
    mutating func child(_ parent: Int, _ path: String..., schema: JSONValue) throws(GrammarError) -> Int {
        let parent = nodes[parent]
        let pointer = path.reduce(parent.pointer) { "\($0)/\(Self.escaped($1))" }
        return try add(schema, pointer: pointer, resource: parent.resource, isRewritten: parent.isRewritten)
    }

    static func escaped(_ token: String) -> String {
        var result = ""
        for character in token.unicodeScalars {
            switch character {
            case "~": result += "~0"
            case "/": result += "~1"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }
}

// MARK: References
extension SchemaDocument {
    /// The schema that a reference means. Nothing is ever fetched.
    mutating func target(of reference: String, from number: Int, place: String) throws(GrammarError) -> Int {
        let (identifier, fragment) = Self.split(reference)
        var resource = nodes[number].resource
        if !identifier.isEmpty {
            guard let known = self.resource(identifier, from: resource) else {
                throw GrammarError(
                    .unresolved, "The reference '\(reference)' leads out of the schema; nothing is fetched.",
                    place: place)
            }
            resource = known
        }
        if fragment.isEmpty || fragment.hasPrefix("/") {
            let tokens = fragment.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
            let full = resource + tokens.map { "/" + $0 }.joined()
            guard let schema = value(at: full) else {
                throw GrammarError(.unresolved, "The reference '\(reference)' leads nowhere.", place: place)
            }
            return try add(schema, pointer: full, resource: home(of: full))
        }
        guard let pointer = anchors["\(resource)#\(fragment)"], let schema = value(at: pointer) else {
            throw GrammarError(.unresolved, "The anchor of '\(reference)' is not in the schema.", place: place)
        }
        return try add(schema, pointer: pointer, resource: home(of: pointer))
    }

    private func resource(_ identifier: String, from resource: String) -> String? {
        if let exact = identifiers[identifier] { return exact }
        guard let base = value(at: resource)?["$id"]?.string else { return nil }
        return identifiers[Self.resolve(identifier, base: base)]
    }

    /// The pointer of the nearest schema with an `$id` on the way from the root.
    private func home(of pointer: String) -> String {
        var best = "#"
        for known in identifiers.values where known.utf8.count > best.utf8.count {
            if pointer == known || pointer.hasPrefix(known + "/") { best = known }
        }
        return best
    }

    private func value(at pointer: String) -> JSONValue? {
        var value = root
        for token in pointer.dropFirst().split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            let name = Self.unescaped(String(token))
            if let member = value[name] {
                value = member
            } else if let index = Int(name), let element = value[index] {
                value = element
            } else {
                return nil
            }
        }
        return value
    }

    private static func unescaped(_ token: String) -> String {
        var result = ""
        var rest = token.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            guard scalar == "~", let next = rest.first, next == "0" || next == "1" else {
                result.unicodeScalars.append(scalar)
                continue
            }
            rest.removeFirst()
            result += next == "0" ? "~" : "/"
        }
        return result
    }

    /// The part before `#`, and the part after it with percent escapes undone.
    private static func split(_ reference: String) -> (identifier: String, fragment: String) {
        guard let mark = reference.firstIndex(of: "#") else { return (reference, "") }
        var bytes: [UInt8] = []
        var rest = Array(reference[reference.index(after: mark)...].utf8)[...]
        while let byte = rest.popFirst() {
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            if byte == UInt8(ascii: "%"), digits.utf8.count == 2, let code = UInt8(digits, radix: 16) {
                bytes.append(code)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return (String(reference[..<mark]), String(decoding: bytes, as: UTF8.self))
    }

    /// A relative identifier beside another: its last path segment is replaced. Enough for names in one document.
    private static func resolve(_ identifier: String, base: String) -> String {
        let base = base.hasSuffix("#") ? String(base.dropLast()) : base
        if identifier.contains("://") || identifier.hasPrefix("urn:") { return identifier }
        if identifier.hasPrefix("/"), let scheme = base.firstRange(of: "://") {
            let host = base[scheme.upperBound...].prefix { $0 != "/" }
            return base[..<scheme.upperBound] + host + identifier
        }
        guard let slash = base.lastIndex(of: "/") else { return identifier }
        return base[...slash] + identifier
    }

    /// Finds every `$id` and anchor; values that are not schemas are not searched.
    private mutating func index(
        _ value: JSONValue, pointer: String, resource: String, base: String, depth: Int
    ) throws(GrammarError) {
        guard depth <= SchemaLimits.depthMax else {
            throw GrammarError(
                .tooLarge, "The schema is nested deeper than \(SchemaLimits.depthMax) levels.", place: pointer)
        }
        var resource = resource
        var base = base
        switch value {
        case .array(let elements):
            for (position, element) in elements.enumerated() {
                try index(
                    element, pointer: "\(pointer)/\(position)", resource: resource, base: base, depth: depth + 1)
            }
        case .object(let members):
            if let id = members["$id"]?.string {
                if id.hasPrefix("#") {
                    anchors[resource + id] = pointer
                } else {
                    base = Self.resolve(id, base: base)
                    resource = pointer
                    identifiers[base.hasSuffix("#") ? String(base.dropLast()) : base] = pointer
                    identifiers[id.hasSuffix("#") ? String(id.dropLast()) : id] = pointer
                }
            }
            for key in ["$anchor", "$dynamicAnchor"] {
                guard let name = members[key]?.string else { continue }
                anchors["\(resource)#\(name)"] = pointer
                if key == "$dynamicAnchor" { dynamicAnchors[name, default: 0] += 1 }
            }
            for (key, member) in members where !["const", "enum", "default", "examples"].contains(key) {
                try index(
                    member, pointer: "\(pointer)/\(Self.escaped(key))", resource: resource, base: base,
                    depth: depth + 1)
            }
        default: break
        }
    }
}
