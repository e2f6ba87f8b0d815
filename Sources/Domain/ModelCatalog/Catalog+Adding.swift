import Digests
import Synchronization
import Vocabulary

extension Catalog {
    /// What became of a model that was to be added.
    public enum Addition: Sendable, Equatable {
        case added(ModelName)
        /// Its files changed or something else became known.
        case refreshed(ModelName)
        case unchanged(ModelName)

        public var name: ModelName {
            switch self {
            case .added(let name), .refreshed(let name), .unchanged(let name): name
            }
        }
    }

    /// Up to this number names are tried when somebody else has the wanted one.
    private static let numberMax = 9

    /// Puts a model into the catalogue, or renews what is known of one that is there: the same main file is the same model,
    /// whatever it was called. Of two imports at once of one file the second finds the first one's record.
    ///
    /// - Parameter found: what an import, a download or a conversion has brought.
    /// - Returns: under which name it is known now.
    /// - Throws: `ServiceError` when no name was free; what the store throws.
    public func add(_ found: FoundModel) async throws -> Addition {
        if let main = found.files.first(where: { $0.role == .weights }) {
            var query = CatalogQuery()
            query.path = main.path
            if let known = try await store.page(query).records.first(where: { $0.mainFile?.path == main.path }) {
                if let addition = try await renew(known.name, with: found) { return addition }
            }
        }
        for name in Self.candidates(for: found) {
            if let addition = try await take(name, for: found) { return addition }
        }
        throw ServiceError(
            .conflict, "No name like '\(found.name)' is free.", hint: "Delete models that are not needed any more.")
    }

    /// Puts a model under a name of its own, whoever had that: for what the configuration says.
    ///
    /// - Parameter found: its name is kept as it is.
    /// - Returns: whether anything changed.
    /// - Throws: what the store throws.
    public func put(_ found: FoundModel) async throws -> Addition {
        if let addition = try await take(found.name, for: found) { return addition }
        if let addition = try await renew(found.name, with: found, evenIfOther: true) { return addition }
        return .unchanged(found.name)
    }

    /// A name for a download that begins, in the state `downloading`.
    ///
    /// - Parameters:
    ///   - name: of the model.
    ///   - origin: the repository.
    ///   - detail: for people.
    /// - Throws: `InvalidTransition` when the model is here already or is being fetched.
    public func beginDownload(_ name: ModelName, origin: ModelOrigin, detail: String? = nil) async throws {
        let at = now()
        _ = try await alter(name) { kept in
            var record = kept ?? ModelRecord(name: name, state: .unknown, origin: origin, addedAt: at)
            let before = record.state
            record.state = try before.after(.downloadStarted)
            record.origin = origin
            record.failure = nil
            record.changedAt = at
            return CatalogEdit(
                .write(record),
                events: [
                    CatalogEvent(
                        at: at, model: name, what: .change(.downloadStarted, before: before, after: record.state),
                        detail: detail)
                ])
        }
    }

    /// What a download has brought.
    ///
    /// - Parameters:
    ///   - found: of the same name as was begun.
    ///   - detail: for people.
    /// - Throws: `InvalidTransition` when it was not being fetched.
    public func finishDownload(_ found: FoundModel, detail: String? = nil) async throws {
        let at = now()
        _ = try await alter(found.name) { kept in
            guard var record = kept else { throw Self.missing(found.name) }
            let before = record.state
            record.state = try before.after(.downloadFinished)
            record.renew(with: found, at: at)
            return CatalogEdit(
                .write(record, texts: found.texts),
                events: [
                    CatalogEvent(
                        at: at, model: found.name,
                        what: .change(.downloadFinished, before: before, after: record.state), detail: detail)
                ])
        }
    }

    // MARK: Steps

    /// Takes a name that is free, or that waits for files; `nil` when another model has it.
    private func take(_ name: ModelName, for found: FoundModel) async throws -> Addition? {
        let at = now()
        let outcome = Outcome()
        _ = try await alter(name) { kept in
            outcome.set(nil)
            if let kept, !kept.isWaiting || kept.mainPath == found.mainPath {
                // Somebody may have brought the same file a moment ago.
                if kept.mainPath == found.mainPath, kept.isSame(as: found) { outcome.set(.unchanged(name)) }
                return CatalogEdit(.keep)
            }
            var record = kept ?? ModelRecord(name: name, state: .unknown, origin: found.origin, addedAt: at)
            let before = record.state
            record.renew(with: found, at: at)
            var events: [CatalogEvent] = []
            // A model on another server has no files here, and stays what it is.
            if !found.files.isEmpty {
                record.state = try before.after(.filesFound)
                events.append(
                    CatalogEvent(
                        at: at, model: name, what: .change(.filesFound, before: before, after: record.state),
                        detail: found.mainPath))
            }
            outcome.set(.added(name))
            return CatalogEdit(.write(record, texts: found.texts), events: events)
        }
        return outcome.value
    }

    /// Writes what became known of a model that is there; `nil` when it has gone meanwhile or has other files.
    private func renew(
        _ name: ModelName, with found: FoundModel, evenIfOther: Bool = false
    ) async throws -> Addition? {
        let at = now()
        let outcome = Outcome()
        _ = try await alter(name) { kept in
            outcome.set(nil)
            guard var record = kept, evenIfOther || record.mainPath == found.mainPath else { return CatalogEdit(.keep) }
            guard !record.isSame(as: found) else {
                outcome.set(.unchanged(name))
                return CatalogEdit(.keep)
            }
            let before = record.state
            // A name of its own, an origin and opinions outlive a second look at the same file.
            record.renew(with: found, at: at, keepsOrigin: !evenIfOther)
            var events = [CatalogEvent(at: at, model: name, what: .refreshed, detail: found.mainPath)]
            if !found.files.isEmpty, !before.hasFiles, before != .downloading {
                record.state = try before.after(.filesFound)
                events.append(
                    CatalogEvent(at: at, model: name, what: .change(.filesFound, before: before, after: record.state)))
            }
            outcome.set(.refreshed(name))
            return CatalogEdit(.write(record, texts: found.texts), events: events)
        }
        return outcome.value
    }

    /// The wanted name, then with the folder's, then with numbers, and at last with a digest of the path, which is free
    /// unless something is very wrong.
    static func candidates(for found: FoundModel) -> [ModelName] {
        var names = [found.name]
        if let surname = found.surname {
            names.append(ModelName(cleaning: "\(surname)/\(found.name.base)", tag: found.name.tag))
        }
        let stem = String(found.name.base.prefix(ModelName.baseBytesMax - 10))
        for number in 2...numberMax { names.append(ModelName(cleaning: "\(stem)-\(number)", tag: found.name.tag)) }
        if let path = found.mainPath {
            let digest = SHA256.digest(of: Array(path.utf8)).hexadecimal.prefix(8)
            names.append(ModelName(cleaning: "\(stem)-\(digest)", tag: found.name.tag))
        }
        return names
    }
}

extension ModelRecord {
    fileprivate var mainPath: String? { mainFile?.path }

    /// Whether it is only a name, for which files may come.
    fileprivate var isWaiting: Bool { state == .unknown || state == .failed(.downloading) }

    /// Whether a second look has found nothing new.
    fileprivate func isSame(as found: FoundModel) -> Bool {
        // A digest that is known only to one of them is no difference of the files.
        files.map(\.withoutDigest) == found.files.map(\.withoutDigest) && metadata == found.metadata
            && (found.defaults.isEmpty || defaults == found.defaults) && hasFilesAsFound(found)
    }

    private func hasFilesAsFound(_ found: FoundModel) -> Bool { state.hasFiles || found.files.isEmpty }

    fileprivate mutating func renew(with found: FoundModel, at: Int64, keepsOrigin: Bool = false) {
        if !keepsOrigin { origin = found.origin }
        let digests = Dictionary(files.map { ($0.withoutDigest, $0.sha256) }, uniquingKeysWith: { first, _ in first })
        files = found.files.map { file in
            var file = file
            // A file that did not change keeps the digest that was computed of it.
            if file.sha256 == nil, let known = digests[file.withoutDigest] { file.sha256 = known }
            return file
        }
        metadata = found.metadata
        if !found.defaults.isEmpty { defaults = found.defaults }
        failure = nil
        changedAt = at
    }
}

extension FoundModel {
    fileprivate var mainPath: String? { files.first { $0.role == .weights }?.path }
}

/// What an edit that may be run again has come to.
private final class Outcome: Sendable {
    private let cell = Mutex<Catalog.Addition?>(nil)
    var value: Catalog.Addition? { cell.withLock { $0 } }
    func set(_ value: Catalog.Addition?) { cell.withLock { $0 = value } }
}
