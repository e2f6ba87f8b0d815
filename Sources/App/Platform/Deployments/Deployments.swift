import Hosting
import Synchronization
import Telemetry
import Vocabulary

/// All deployments by their names. Loads and unloads them when `ResidencyDesk` says so.
final class Deployments: Sendable {
    /// Deployments at the same time.
    static let countMax = 1_024

    private struct State {
        var table: [String: Deployment] = [:]
        /// In the order in which they were made.
        var order: [String] = []
        /// The deployment behind each name and alias.
        var names: [String: String] = [:]
        /// Of those that have some.
        var fallbacks: [String: [String]] = [:]
    }

    let around: Deployment.Surroundings
    /// Made and removed one at a time.
    let turn = TaskTurn()
    private let state = Mutex(State())

    init(_ around: Deployment.Surroundings) { self.around = around }

    /// The deployment that answers to a name.
    func find(_ name: String) -> Deployment? {
        // Its own name mostly.
        state.withLock { state in state.table[name] ?? state.names[name].flatMap { state.table[$0] } }
    }

    /// In the order in which they were made.
    var all: [Deployment] { state.withLock { state in state.order.compactMap { state.table[$0] } } }

    /// Names that stand behind a deployment when it fails.
    func fallbacks(of name: String) -> [String] {
        state.withLock { state in
            state.fallbacks.isEmpty ? [] : state.names[name].flatMap { state.fallbacks[$0] } ?? []
        }
    }

    /// Takes a deployment in, with the names of its configuration.
    ///
    /// - Throws: `conflict` when a name is taken.
    func add(_ deployment: Deployment, _ spec: DeploymentSpec) throws(ServiceError) {
        try state.withLock { state throws(ServiceError) in
            guard state.table.count < Self.countMax else {
                throw ServiceError(.conflict, "There are \(Self.countMax) deployments already.", hint: "Remove some.")
            }
            try Self.check([deployment.name] + spec.aliases, for: deployment.name, isNew: true, state)
            state.table[deployment.name] = deployment
            state.order.append(deployment.name)
            Self.enter(spec, of: deployment.name, into: &state)
        }
    }

    /// Refuses names that others have.
    func check(_ spec: DeploymentSpec, for name: String) throws(ServiceError) {
        try state.withLock { state throws(ServiceError) in
            try Self.check(spec.aliases, for: name, isNew: false, state)
        }
    }

    /// Takes over the names of a changed configuration.
    func rename(_ name: String, _ spec: DeploymentSpec) {
        state.withLock { state in
            guard state.table[name] != nil else { return }
            Self.enter(spec, of: name, into: &state)
        }
    }

    func forget(_ name: String) {
        state.withLock { state in
            state.table[name] = nil
            state.order.removeAll { $0 == name }
            state.names = state.names.filter { $0.value != name }
            state.fallbacks[name] = nil
        }
    }

    private static func check(_ names: [String], for name: String, isNew: Bool, _ state: State) throws(ServiceError) {
        for other in names {
            guard let holder = state.names[other], isNew || holder != name else { continue }
            throw ServiceError(
                .conflict, "The name '\(other)' is taken" + (holder == other ? "." : " by '\(holder)'."),
                hint: "Choose another, or remove that one first.", parameter: other == name ? "name" : "aliases")
        }
    }

    private static func enter(_ spec: DeploymentSpec, of name: String, into state: inout State) {
        state.names = state.names.filter { $0.value != name }
        for alias in spec.aliases where state.names[alias] == nil { state.names[alias] = name }
        state.names[name] = name
        state.fallbacks[name] = spec.fallback.isEmpty ? nil : spec.fallback
    }
}

extension Deployments: LoadCarrying {
    func load(_ id: ModelID) async throws {
        guard let deployment = find(id.name) else {
            throw ServiceError(.modelNotFound, "'\(id)' was removed.", parameter: "model")
        }
        try await deployment.load()
    }

    func unload(_ id: ModelID, because departure: Departure) async {
        await find(id.name)?.unload()
    }
}

extension Deployments {
    /// Those who follow logs would otherwise be waited for at the end.
    func endLogs() {
        for deployment in all { deployment.log.finish() }
    }

    /// Ends all servers at the same time.
    func shutDown() async {
        await around.desk.close()
        await withTaskGroup { group in
            for deployment in all { group.addTask { await deployment.shutDown() } }
        }
    }
}
