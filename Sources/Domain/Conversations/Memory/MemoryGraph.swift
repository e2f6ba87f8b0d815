/// What is remembered as a graph: things, and what is said of them.
public struct MemoryGraph: Sendable, Equatable {
    public struct Node: Sendable, Equatable {
        /// The name in small letters.
        public var id: String
        /// As it was written first.
        public var label: String
        /// Memories that it occurs in.
        public var count: Int
    }

    public struct Edge: Sendable, Equatable {
        public var from: String
        public var to: String
        public var memory: UserMemory
    }

    public private(set) var nodes: [Node] = []
    public private(set) var edges: [Edge] = []

    /// - Parameter memories: those without a statement are left out; two names that differ in case or signs only are one.
    public init(_ memories: [UserMemory]) {
        var places: [String: Int] = [:]
        for memory in memories {
            guard let statement = memory.statement else { continue }
            let ends = [statement.subject, statement.object].map { name in
                let id = UserMemory.key(name)
                if let place = places[id] {
                    nodes[place].count += 1
                } else {
                    places[id] = nodes.count
                    nodes.append(Node(id: id, label: name, count: 1))
                }
                return id
            }
            edges.append(Edge(from: ends[0], to: ends[1], memory: memory))
        }
    }
}
