public import Vocabulary

/// Chooses an engine by name. What does not work is never chosen, and nothing else is taken for it.
public enum EngineSelection {
    /// The engine that a deployment names.
    ///
    /// - Parameters:
    ///   - name: as in the list of engines; `nil` is the platform's own.
    ///   - engines: what there is.
    /// - Returns: one that works.
    /// - Throws: `ServiceError` when there is none of that name, or it does not work, with the reason and what works.
    public static func engine(
        named name: String?, among engines: [InstalledEngine]
    ) throws(ServiceError) -> InstalledEngine {
        let wanted = name ?? ownName
        let working = engines.filter { $0.build != nil }.map(\.name)
        let others =
            working.isEmpty ? "None of the others works either." : "These work: \(working.joined(separator: ", "))."
        guard let engine = engines.first(where: { $0.name == wanted }) else {
            throw ServiceError(
                .invalidValue, "There is no engine named '\(wanted)'.", hint: others, parameter: "engine")
        }
        if case .broken(let reason) = engine.condition {
            throw ServiceError(
                .modelUnavailable, "The engine '\(wanted)' does not start: \(reason)", hint: others,
                parameter: "engine")
        }
        return engine
    }

    /// The name of what the platform was built with.
    public static let ownName = "own"
}
