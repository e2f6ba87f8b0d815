/// What can happen to a model. The raw values are kept in the list of events.
public enum ModelChange: String, Sendable, Hashable, CaseIterable {
    /// A download begins, or goes on after it failed.
    case downloadStarted = "download_started"
    /// All files are here and their checksums are right.
    case downloadFinished = "download_finished"
    case downloadFailed = "download_failed"
    /// Somebody gave the download up; what was fetched may be kept, but it is no model.
    case downloadCancelled = "download_cancelled"
    /// The files came another way: imported, converted, quantised, trained here.
    case filesFound = "files_found"
    /// The files went, while nobody used them.
    case filesLost = "files_lost"
    /// A worker begins to load it: the first time, again after it was stopped, or once more after it failed.
    case loadStarted = "load_started"
    case loadFinished = "load_finished"
    case loadFailed = "load_failed"
    /// Its worker is told to end, while it serves or while it still loads.
    case unloadStarted = "unload_started"
    case unloadFinished = "unload_finished"
    /// Its worker died while it served, or while it was ending.
    case crashed
    /// The platform itself ended without tidying up, by power or by kill -9; told when it is back.
    case platformLost = "platform_lost"
    /// The model is taken out of the catalogue.
    case deleted
}

/// A change that cannot happen to a model in its state.
public struct InvalidTransition: Error, Sendable, Equatable, CustomStringConvertible {
    public let state: ModelState
    public let change: ModelChange

    public init(state: ModelState, change: ModelChange) {
        self.state = state
        self.change = change
    }

    public var description: String {
        let allowed = state.changes.map(\.rawValue).sorted().joined(separator: ", ")
        return "'\(change.rawValue)' cannot happen to a model that is \(state.text); possible are: \(allowed)."
    }
}

extension ModelState {
    /// The state after a change.
    ///
    /// - Parameter change: what happened.
    /// - Returns: where that leads; `unknown` for a model that is taken out of the catalogue.
    /// - Throws: when it cannot happen in this state.
    public func after(_ change: ModelChange) throws(InvalidTransition) -> ModelState {
        guard let next = next(change) else { throw InvalidTransition(state: self, change: change) }
        return next
    }

    /// What can happen now.
    public var changes: [ModelChange] { ModelChange.allCases.filter { next($0) != nil } }

    /// The states that one change leads to.
    public var successors: Set<ModelState> { Set(ModelChange.allCases.compactMap(next)) }

    private func next(_ change: ModelChange) -> ModelState? {
        switch (self, change) {
        case (.unknown, .downloadStarted), (.failed(.downloading), .downloadStarted): .downloading
        case (.unknown, .filesFound), (.failed(.downloading), .filesFound): .downloaded

        case (.downloading, .downloadFinished): .downloaded
        case (.downloading, .downloadFailed), (.downloading, .platformLost): .failed(.downloading)
        case (.downloading, .downloadCancelled), (.failed(.downloading), .downloadCancelled): .unknown

        case (.downloaded, .loadStarted), (.stopped, .loadStarted), (.failed(.loading), .loadStarted): .loading
        case (.downloaded, .filesLost), (.stopped, .filesLost), (.failed(.loading), .filesLost): .unknown

        case (.loading, .loadFinished): .ready
        case (.loading, .loadFailed): .failed(.loading)
        case (.loading, .unloadStarted), (.ready, .unloadStarted): .unloading

        case (.ready, .crashed), (.unloading, .crashed), (.unloading, .unloadFinished): .stopped
        case (.loading, .platformLost), (.ready, .platformLost), (.unloading, .platformLost): .stopped

        case (.unknown, .deleted), (.downloaded, .deleted), (.stopped, .deleted), (.failed, .deleted): .unknown
        default: nil
        }
    }
}
