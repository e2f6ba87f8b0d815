/// What goes on beside requests: begun in the order of a list, cancelled and waited for by name.
struct BackgroundTasks<Name: Hashable & Sendable>: Sendable {
    private let tasks: [Name: Task<Void, Never>]

    /// Begins all of them.
    ///
    /// - Parameter works: each with its name, in the order in which they begin; they end by themselves or when they are
    ///   cancelled.
    init(_ works: KeyValuePairs<Name, @Sendable () async -> Void>) {
        var tasks: [Name: Task<Void, Never>] = [:]
        for (name, work) in works {
            precondition(tasks[name] == nil, "two works have the name \(name)")
            tasks[name] = Task { await work() }
        }
        self.tasks = tasks
    }

    /// Cancels them one after the other, and waits for none.
    func cancel(_ names: Name...) {
        for name in names { tasks[name]?.cancel() }
    }

    /// Returns when all of them have ended.
    func end(of names: Name...) async {
        for name in names { await tasks[name]?.value }
    }
}
