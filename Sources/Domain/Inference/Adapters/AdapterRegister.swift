import Vocabulary

/// Which adapters are loaded, with which scales, and who uses them. Pure.
struct AdapterRegister {
    private struct Entry {
        let candidate: AdapterCandidate
        var scale: Float
        var users = 0
        /// Its memory is being filled: it has a number, and nobody may use it yet.
        var isLoading: Bool
    }

    private var entries: [Int: Entry] = [:]
    private var nextID = 0
    let countMax: Int

    /// - Parameter countMax: adapters that are loaded at once.
    init(countMax: Int) { self.countMax = countMax }

    private var loaded: [(id: Int, entry: Entry)] {
        entries.filter { !$0.value.isLoading }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    var reports: [AdapterReport] { loaded.map { Self.report($0.id, $0.entry) } }

    private static func report(_ id: Int, _ entry: Entry) -> AdapterReport {
        AdapterReport(
            id: id, path: entry.candidate.path, scale: entry.scale, taskName: entry.candidate.taskName,
            promptPrefix: entry.candidate.promptPrefix, rank: entry.candidate.rank, users: entry.users)
    }

    // MARK: Requests

    /// Counts a request in.
    ///
    /// - Parameter asked: what it names; `nil` takes the scales of the list as they are now.
    /// - Returns: what it is computed with, and the same by names that outlive ids, sorted by them, so that it does not depend
    ///   on who was loaded first.
    /// - Throws: `invalidValue` when there is no such adapter.
    mutating func enter(_ asked: [AdapterScale]?) throws(ServiceError) -> (
        set: AdapterSet, named: [ReproductionReceipt.Adapter]
    ) {
        if let asked { try check(asked, parameter: "lora") }
        let set = AdapterSet(asked ?? loaded.map { AdapterScale(id: $0.id, scale: $0.entry.scale) })
        for one in set.scales { entries[one.id]?.users += 1 }
        let named = set.scales.compactMap { one in
            entries[one.id].map {
                ReproductionReceipt.Adapter(fingerprint: $0.candidate.fingerprint, scale: one.scale)
            }
        }
        return (set, named.sorted { ($0.fingerprint, $0.scale) < ($1.fingerprint, $1.scale) })
    }

    /// Counts a request out.
    mutating func leave(_ set: AdapterSet) {
        for one in set.scales { entries[one.id]?.users -= 1 }
    }

    private func check(_ scales: [AdapterScale], parameter: String) throws(ServiceError) {
        for (place, one) in scales.enumerated() {
            guard one.scale.isFinite, abs(one.scale) <= AdapterScale.scaleMax else {
                throw ServiceError(
                    .invalidValue, "The scale of adapter \(one.id) must be a number from -1000 to 1000.",
                    parameter: "\(parameter)[\(place)].scale")
            }
            guard let entry = entries[one.id], !entry.isLoading else {
                throw ServiceError(
                    .invalidValue, "There is no adapter \(one.id).",
                    hint: loaded.isEmpty ? "None is loaded." : "GET /lora-adapters lists those that there are.",
                    parameter: "\(parameter)[\(place)].id")
            }
        }
    }

    // MARK: The list

    /// Sets the scales of requests to come; those that are not named get 0.
    mutating func setScales(_ scales: [AdapterScale]) throws(ServiceError) {
        try check(scales, parameter: "")
        let set = AdapterSet(scales)
        for id in entries.keys { entries[id]?.scale = set.scales.first { $0.id == id }?.scale ?? 0 }
    }

    /// Gives an adapter a number, under which it is to be loaded.
    mutating func begin(_ candidate: AdapterCandidate) throws(ServiceError) -> Int {
        guard entries.count < countMax else {
            throw ServiceError(
                .conflict, "\(entries.count) adapters are loaded, which is as many as may be.",
                hint: "Remove one first, or start the server with a larger --lora-max.")
        }
        let id = nextID
        nextID += 1
        entries[id] = Entry(candidate: candidate, scale: candidate.scale, isLoading: true)
        return id
    }

    /// Notes that an adapter is in memory, or could not be brought there.
    ///
    /// - Returns: what is in the list now; `nil` when it could not be loaded.
    mutating func finish(_ id: Int, isLoaded: Bool) -> AdapterReport? {
        guard isLoaded else {
            entries[id] = nil
            return nil
        }
        entries[id]?.isLoading = false
        return entries[id].map { Self.report(id, $0) }
    }

    /// Takes an adapter out of the list, so that no request can begin with it.
    ///
    /// - Throws: `notFound`; `conflict` while requests use it.
    mutating func remove(_ id: Int) throws(ServiceError) -> (candidate: AdapterCandidate, report: AdapterReport) {
        guard let entry = entries[id], !entry.isLoading else {
            throw ServiceError(
                .notFound, "There is no adapter \(id).", hint: "GET /lora-adapters lists those that there are.",
                parameter: "id")
        }
        guard entry.users == 0 else {
            throw ServiceError(
                .conflict, "\(entry.users) requests wait or run with adapter \(id).",
                hint: "Try again when they have ended. Set its scale to 0 to keep new ones from it.", parameter: "id")
        }
        entries[id] = nil
        return (entry.candidate, Self.report(id, entry))
    }
}
