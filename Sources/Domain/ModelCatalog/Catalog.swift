import Synchronization
import Vocabulary

/// The models of this machine: every change of what is known of them goes through here.
///
/// Reads files only where a method says so; time comes in as a closure. Safe to use from any task.
public final class Catalog: Sendable {
    let store: any CatalogStoring
    let uses: ModelUses
    let feed = CatalogFeed()
    /// Microseconds since 1970.
    let now: @Sendable () -> Int64
    private let deployments = Mutex<[ModelName: DeploymentStates]>([:])

    /// Events that are kept; older ones go when the platform starts.
    public static let eventsMax = 20_000

    /// - Parameters:
    ///   - store: where records are kept.
    ///   - uses: who else works with the models' files.
    ///   - now: microseconds since 1970.
    public init(store: any CatalogStoring, uses: ModelUses = ModelUses(), now: @escaping @Sendable () -> Int64) {
        self.store = store
        self.uses = uses
        self.now = now
    }

    // MARK: Reading

    /// A page of records.
    public func page(_ query: CatalogQuery) async throws -> CatalogPage { try await store.page(query) }

    /// Events, newest first.
    public func events(_ query: CatalogEventQuery) async throws -> [CatalogEvent] { try await store.events(query) }

    /// The model that a text means: the one of that name, or, where the text has no tag, the only one of that base.
    ///
    /// - Parameter text: as somebody wrote it.
    /// - Returns: the record with its texts.
    /// - Throws: `ServiceError` that says what is wrong with the name, or which models there are.
    public func find(_ text: String) async throws -> (record: ModelRecord, texts: ModelTexts) {
        let name = try Self.name(text)
        if let found = try await store.model(name) { return found }
        var query = CatalogQuery()
        query.text = name.base
        query.limit = CatalogQuery.limitMax
        let near = try await store.page(query).records.map(\.name)
        let sameBase = near.filter { $0.base == name.base }
        if !text.contains(":"), sameBase.count == 1, let found = try await store.model(sameBase[0]) { return found }
        let names = (sameBase.isEmpty ? near : sameBase).prefix(8).map { "'\($0)'" }.joined(separator: ", ")
        throw ServiceError(
            .modelNotFound, "There is no model '\(name)' in the catalogue.",
            hint: names.isEmpty ? "nexus models list shows all." : "There is \(names).", parameter: "model")
    }

    /// Reads a name, in the words that clients get.
    ///
    /// - Parameter text: `name[:tag]`.
    /// - Returns: the name.
    /// - Throws: `ServiceError`.
    public static func name(_ text: String) throws -> ModelName {
        do throws(ModelNameError) {
            return try ModelName(text)
        } catch {
            throw ServiceError(.invalidValue, error.description, hint: error.hint, parameter: "model")
        }
    }

    // MARK: The life cycle

    /// Notes what happened to a model itself: its download, its files.
    ///
    /// - Parameters:
    ///   - change: what happened. What concerns workers goes through ``report(_:deployment:of:detail:)``.
    ///   - name: of the model.
    ///   - detail: for people; of a failure, its reason.
    /// - Returns: the state that this leads to.
    /// - Throws: `InvalidTransition`; `ServiceError` when there is no such model.
    @discardableResult
    public func report(_ change: ModelChange, of name: ModelName, detail: String? = nil) async throws -> ModelState {
        let at = now()
        let record = try await alter(name) { kept in
            guard var record = kept else { throw Self.missing(name) }
            let before = record.state
            record.state = try before.after(change)
            record.failure = change.isFailure ? detail ?? "unknown" : nil
            record.changedAt = at
            return CatalogEdit(
                .write(record),
                events: [
                    CatalogEvent(
                        at: at, model: name, what: .change(change, before: before, after: record.state),
                        detail: detail)
                ])
        }
        return record?.state ?? .unknown
    }

    /// Notes what happened to one deployment of a model. The model's state is that of the deployment that is furthest.
    ///
    /// - Parameters:
    ///   - change: what happened.
    ///   - deployment: its name.
    ///   - name: of the model.
    ///   - detail: for people.
    /// - Returns: the state of the deployment.
    /// - Throws: `InvalidTransition`; `ServiceError` when there is no such model.
    @discardableResult
    public func report(
        _ change: ModelChange, deployment: String, of name: ModelName, detail: String? = nil
    ) async throws -> ModelState {
        guard let base = try await store.model(name)?.record.state else { throw Self.missing(name) }
        let (before, after) = try deployments.withLock { all throws(InvalidTransition) in
            try all[name, default: DeploymentStates()].apply(change, to: deployment, base: base)
        }
        let at = now()
        _ = try await alter(name) { kept in
            guard var record = kept else { throw Self.missing(name) }
            // Asked anew while the record is held: of two changes at once the later write has both.
            record.state = self.deployments.withLock { $0[name]?.combined } ?? after
            record.failure = record.state == .failed(.loading) ? detail ?? record.failure ?? "unknown" : nil
            record.changedAt = at
            return CatalogEdit(
                .write(record),
                events: [
                    CatalogEvent(
                        at: at, model: name, what: .change(change, before: before, after: after),
                        deployment: deployment, detail: detail)
                ])
        }
        return after
    }

    /// Sets right what a platform that was killed has left: nothing is being loaded, served or fetched any more.
    public func recover() async throws {
        for state in ["downloading", "loading", "ready", "unloading"] {
            var query = CatalogQuery()
            query.state = state
            query.limit = CatalogQuery.limitMax
            while true {
                let left = try await store.page(query).records
                for record in left where record.state.isBusy {
                    try await report(.platformLost, of: record.name, detail: "the platform ended without tidying up")
                }
                if left.count < query.limit { break }
            }
        }
        try await store.trimEvents(keeping: Self.eventsMax)
    }

    // MARK: Opinions

    /// Sets notes, rating and tags.
    ///
    /// - Parameters:
    ///   - name: of the model.
    ///   - edit: changes the opinion; checked afterwards.
    /// - Returns: the record as it is now.
    /// - Throws: `ServiceError` when there is no such model.
    public func describe(
        _ name: ModelName, _ edit: @escaping @Sendable (inout ModelRecord.Opinion) -> Void
    ) async throws -> ModelRecord {
        let at = now()
        let record = try await alter(name) { kept in
            guard var record = kept else { throw Self.missing(name) }
            edit(&record.opinion)
            record.changedAt = at
            return CatalogEdit(.write(record), events: [CatalogEvent(at: at, model: name, what: .described)])
        }
        guard let record else { throw Self.missing(name) }
        return record
    }

    // MARK: Deletion

    /// Takes a model out of the catalogue.
    ///
    /// - Parameters:
    ///   - name: of the model.
    ///   - force: stop who uses it first, instead of refusing.
    /// - Returns: what the record was; its files are the caller's business.
    /// - Throws: `ServiceError` of the code `conflict` that names the users, or who would bring it back; when there is no
    ///   such model.
    public func delete(_ name: ModelName, force: Bool) async throws -> ModelRecord {
        guard let record = try await store.model(name)?.record else { throw Self.missing(name) }
        var users = await users(of: record)
        if !force, users.isEmpty, let claim = await uses.claim(record) {
            throw ServiceError(
                .conflict, "The model '\(name)' would be back at once: \(claim).",
                hint: "Take it out there first, or delete it with --force (force=true).")
        }
        if force, !users.isEmpty {
            try await uses.stop(record)
            users = await uses.users(record)
        }
        guard users.isEmpty else {
            throw ServiceError(
                .conflict, "The model '\(name)' is in use by \(users.joined(separator: ", ")).",
                hint: force
                    ? "It could not be stopped; see nexus deploy status."
                    : "Stop it first, or delete it with --force (force=true).")
        }
        let at = now()
        _ = try await alter(name) { kept in
            guard let kept else { throw Self.missing(name) }
            let before: ModelState = force && kept.state.isBusy ? kept.state.hasFiles ? .stopped : .unknown : kept.state
            guard let after = Self.deleted(from: before) else {
                throw ServiceError(
                    .conflict, "The model '\(name)' is \(kept.state.name).", hint: "Stop or cancel it first.")
            }
            return CatalogEdit(
                .remove,
                events: [CatalogEvent(at: at, model: name, what: .change(.deleted, before: before, after: after))])
        }
        deployments.withLock { $0[name] = nil }
        return record
    }

    /// Who works with a model now: its deployments, by what they told and by what they are asked.
    public func users(of record: ModelRecord) async -> [String] {
        // Servers of one deployment are told apart by what stands behind a `#`.
        let known = deployments.withLock { $0[record.name]?.busy ?? [] }.map { name in
            name.prefix { $0 != "#" }.description
        }
        return Set(known + (await uses.users(record))).sorted()
    }

    private static func deleted(from state: ModelState) -> ModelState? {
        do { return try state.after(.deleted) } catch { return nil }
    }

    static func missing(_ name: ModelName) -> ServiceError {
        ServiceError(
            .modelNotFound, "There is no model '\(name)' in the catalogue.", hint: "nexus models list shows all.",
            parameter: "model")
    }
}

/// Who works with models beside the catalogue: the part of the platform that serves them.
public struct ModelUses: Sendable {
    /// The names of those who use the model or its files now.
    public var users: @Sendable (ModelRecord) async -> [String]
    /// Ends all of them; returns when their processes are gone.
    public var stop: @Sendable (ModelRecord) async throws -> Void
    /// Who keeps the model in the catalogue without using it now, as the end of a sentence; `nil` when nobody does.
    public var claim: @Sendable (ModelRecord) async -> String?

    public init(
        users: @escaping @Sendable (ModelRecord) async -> [String] = { _ in [] },
        stop: @escaping @Sendable (ModelRecord) async throws -> Void = { _ in },
        claim: @escaping @Sendable (ModelRecord) async -> String? = { _ in nil }
    ) {
        self.users = users
        self.stop = stop
        self.claim = claim
    }
}

extension ModelChange {
    /// Whether it leaves a reason behind.
    var isFailure: Bool {
        switch self {
        case .downloadFailed, .loadFailed: true
        case .platformLost, .downloadStarted, .downloadFinished, .downloadCancelled, .filesFound, .filesLost,
            .loadStarted, .loadFinished, .unloadStarted, .unloadFinished, .crashed, .deleted:
            false
        }
    }
}
