/// Finds the route for a path, segment by segment. A literal segment wins over a placeholder, a placeholder over a
/// trailing wildcard.
struct RouteTrie: Sendable {
    enum Match {
        case route(Int, values: [String])
        /// The path exists, but not with this method.
        case methods([HTTPMethod])
        case none
    }

    private struct Node: Sendable {
        var literals: [String: Int] = [:]
        var placeholder: Int?
        var routes: [HTTPMethod: Int] = [:]
        var wildcards: [HTTPMethod: Int] = [:]
    }

    private var nodes = [Node()]

    /// Adds the route with index `route`.
    ///
    /// - Precondition: `pattern` starts with "/", is well-formed, and no route has the same pattern and method.
    /// - Returns: the names of its placeholders.
    mutating func add(_ pattern: String, _ method: HTTPMethod, route: Int) -> [String] {
        precondition(pattern.hasPrefix("/"), "the pattern '\(pattern)' does not start with /")
        var names: [String] = []
        var node = 0
        let segments = pattern.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        for (position, segment) in segments.enumerated() {
            switch Self.placeholder(segment) {
            case nil:
                node = child(of: node, literal: String(segment))
            case .one(let name):
                names.append(name)
                node = placeholder(of: node)
            case .rest(let name):
                precondition(position == segments.count - 1, "'\(pattern)' goes on after a wildcard")
                names.append(name)
                let previous = nodes[node].wildcards.updateValue(route, forKey: method)
                precondition(previous == nil, "\(method) \(pattern) is there twice")
                return names
            }
        }
        let previous = nodes[node].routes.updateValue(route, forKey: method)
        precondition(previous == nil, "\(method) \(pattern) is there twice")
        return names
    }

    private enum Placeholder {
        case one(String)
        case rest(String)
    }

    private static func placeholder(_ segment: Substring) -> Placeholder? {
        guard segment.hasPrefix("{"), segment.hasSuffix("}") else { return nil }
        let name = segment.dropFirst().dropLast()
        return name.hasSuffix("...") ? .rest(String(name.dropLast(3))) : .one(String(name))
    }

    private mutating func child(of node: Int, literal: String) -> Int {
        if let child = nodes[node].literals[literal] { return child }
        nodes.append(Node())
        nodes[node].literals[literal] = nodes.count - 1
        return nodes.count - 1
    }

    private mutating func placeholder(of node: Int) -> Int {
        if let child = nodes[node].placeholder { return child }
        nodes.append(Node())
        nodes[node].placeholder = nodes.count - 1
        return nodes.count - 1
    }

    /// The route for the decoded `segments` of a path.
    func match(_ segments: [String], _ method: HTTPMethod) -> Match {
        var methods: Set<HTTPMethod> = []
        var values: [String] = []
        if let route = find(0, segments[...], method, &values, &methods) { return .route(route, values: values) }
        return methods.isEmpty ? .none : .methods(methods.sorted { $0.rawValue < $1.rawValue })
    }

    /// Depth is bounded by the longest pattern, so by the programmer and not by the client.
    private func find(
        _ index: Int, _ rest: ArraySlice<String>, _ method: HTTPMethod, _ values: inout [String],
        _ methods: inout Set<HTTPMethod>
    ) -> Int? {
        let node = nodes[index]
        guard let segment = rest.first else {
            if let route = node.routes[method] { return route }
            methods.formUnion(node.routes.keys)
            return nil
        }
        if let child = node.literals[segment],
            let route = find(child, rest.dropFirst(), method, &values, &methods)
        {
            return route
        }
        if let child = node.placeholder, !segment.isEmpty {
            values.append(segment)
            if let route = find(child, rest.dropFirst(), method, &values, &methods) { return route }
            values.removeLast()
        }
        methods.formUnion(node.wildcards.keys)
        guard let route = node.wildcards[method] else { return nil }
        values.append(rest.joined(separator: "/"))
        return route
    }
}
