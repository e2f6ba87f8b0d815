import Vocabulary

/// Adapters on the engine's thread: whose turn it is, and loading and removing between two steps.
extension EngineLoop {
    /// Those of some sequences that the next step can compute together: all, unless they have different adapters.
    mutating func adapterTurn(among active: [Int]) -> [Int] {
        guard let first = active.first else { return active }
        let set = running[first].adapters
        // A loop, because a closure copies all of this struct.
        var isOne = true
        for index in active where running[index].adapters != set { isOne = false }
        if isOne {
            adapterTurns.alone(set)
            return active
        }
        var sets: [AdapterSet] = []
        for index in active where !sets.contains(running[index].adapters) { sets.append(running[index].adapters) }
        let chosen = adapterTurns.next(among: sets)
        return active.filter { running[$0].adapters == chosen }
    }

    /// Lets a runtime compute with the adapters of some shares, which all have the same.
    ///
    /// - Returns: `false` when it refused, and the sequences were ended with an error.
    mutating func applyAdapters(of shares: [StepShare], to runtime: any ModelRuntime) -> Bool {
        guard let share = shares.first else { return true }
        do {
            try runtime.apply(running[share.index].adapters)
            return true
        } catch {
            for key in shares.map({ running[$0.index].generation.key }) { abandon(key, error: Self.failure(error)) }
            return false
        }
    }

    /// Loads the adapters of the start.
    func loadAdapters(_ candidates: [AdapterCandidate]) throws {
        for candidate in candidates { _ = try loaded(candidate).get() }
    }

    func loaded(_ candidate: AdapterCandidate) -> Result<AdapterReport, ServiceError> {
        do throws(ServiceError) {
            let id = try book.begin(candidate)
            do {
                try candidate.load(id)
            } catch {
                _ = book.finish(id, isLoaded: false)
                return .failure(
                    error as? ServiceError
                        ?? ServiceError(
                            .invalidValue, "The adapter cannot be loaded.", parameter: "path",
                            detail: String(describing: error)))
            }
            guard let report = book.finish(id, isLoaded: true) else { preconditionFailure("it was begun above") }
            return .success(report)
        } catch {
            return .failure(error)
        }
    }

    /// Removes an adapter that no request has; contexts that computed with it last let go of it first.
    func removed(adapter id: Int) -> Result<AdapterReport, ServiceError> {
        do throws(ServiceError) {
            let (candidate, report) = try book.remove(id)
            do {
                try runtime.apply(.none)
                try isolatedRuntime?.apply(.none)
            } catch {
                // Its memory must stay: a context has pointers into it. Nobody can begin with it any more.
                return .failure(Self.failure(error))
            }
            candidate.unload(id)
            return .success(report)
        } catch {
            return .failure(error)
        }
    }
}
