import ModelCatalog
import TestRandomness
import Testing

@Suite struct ModelStateTests {
    @Test func `the usual life, from nothing to serving and back`() throws {
        var state = ModelState.unknown
        var seen = [state.name]
        for change: ModelChange in [
            .downloadStarted, .downloadFinished, .loadStarted, .loadFinished, .unloadStarted, .unloadFinished,
        ] {
            state = try state.after(change)
            seen.append(state.name)
        }
        #expect(seen == ["unknown", "downloading", "downloaded", "loading", "ready", "unloading", "stopped"])
    }

    @Test(
        arguments: [
            (.failed(.downloading), .downloadStarted, .downloading), (.downloading, .downloadCancelled, .unknown),
            (.failed(.loading), .loadStarted, .loading), (.stopped, .loadStarted, .loading),
            (.ready, .crashed, .stopped), (.unknown, .filesFound, .downloaded), (.loading, .unloadStarted, .unloading),
            (.downloading, .platformLost, .failed(.downloading)), (.ready, .platformLost, .stopped),
            (.stopped, .filesLost, .unknown), (.failed(.loading), .deleted, .unknown),
        ] as [(ModelState, ModelChange, ModelState)])
    func `the ways that are taken when things go wrong`(
        from: ModelState, change: ModelChange, to: ModelState
    ) throws {
        #expect(try from.after(change) == to)
    }

    @Test(
        arguments: [
            (.unknown, .loadStarted), (.downloading, .loadStarted), (.downloading, .deleted), (.ready, .deleted),
            (.loading, .deleted), (.unloading, .deleted), (.ready, .filesLost), (.downloaded, .downloadStarted),
            (.failed(.downloading), .loadStarted), (.failed(.loading), .downloadStarted), (.ready, .loadStarted),
            (.stopped, .unloadStarted), (.downloaded, .crashed),
        ] as [(ModelState, ModelChange)])
    func `what cannot happen is told with what can`(state: ModelState, change: ModelChange) {
        #expect(throws: InvalidTransition(state: state, change: change)) { try state.after(change) }
        let words = InvalidTransition(state: state, change: change).description
        #expect(words.contains(change.rawValue) && words.contains(state.text))
        for possible in state.changes { #expect(words.contains(possible.rawValue)) }
    }

    /// All that can happen, by state: a second writing of the life cycle, against which each pair of state and change is
    /// held.
    private static let edges: [String: [ModelChange: String]] = [
        "unknown": [.downloadStarted: "downloading", .filesFound: "downloaded", .deleted: "unknown"],
        "downloading": [
            .downloadFinished: "downloaded", .downloadFailed: "failed:downloading", .downloadCancelled: "unknown",
            .platformLost: "failed:downloading",
        ],
        "failed:downloading": [
            .downloadStarted: "downloading", .filesFound: "downloaded", .downloadCancelled: "unknown",
            .deleted: "unknown",
        ],
        "downloaded": [.loadStarted: "loading", .filesLost: "unknown", .deleted: "unknown"],
        "loading": [
            .loadFinished: "ready", .loadFailed: "failed:loading", .unloadStarted: "unloading",
            .platformLost: "stopped",
        ],
        "failed:loading": [.loadStarted: "loading", .filesLost: "unknown", .deleted: "unknown"],
        "ready": [.unloadStarted: "unloading", .crashed: "stopped", .platformLost: "stopped"],
        "unloading": [.unloadFinished: "stopped", .crashed: "stopped", .platformLost: "stopped"],
        "stopped": [.loadStarted: "loading", .filesLost: "unknown", .deleted: "unknown"],
    ]

    @Test(arguments: ModelState.all) func `each change of each state is as the table says`(state: ModelState) {
        let edges = Self.edges[state.text] ?? [:]
        #expect(!edges.isEmpty)
        for change in ModelChange.allCases {
            do {
                #expect(try state.after(change).text == edges[change], "\(state.text) after \(change.rawValue)")
            } catch {
                #expect(edges[change] == nil, "\(state.text) refuses \(change.rawValue)")
            }
        }
    }

    /// The states that changes lead to, from `start`.
    private func reachable(from start: ModelState, without forbidden: Set<ModelState> = []) -> Set<ModelState> {
        var seen: Set<ModelState> = [start]
        var waiting = [start]
        while let state = waiting.popLast() {
            for next in state.successors where !forbidden.contains(next) && seen.insert(next).inserted {
                waiting.append(next)
            }
        }
        return seen
    }

    @Test func `every state can be reached, and from every state one can come to serve and to be forgotten`() {
        #expect(reachable(from: .unknown) == Set(ModelState.all))
        for state in ModelState.all {
            #expect(reachable(from: state).contains(.ready), "\(state) never serves")
            #expect(reachable(from: state).contains(.unknown), "\(state) is never forgotten")
        }
    }

    @Test func `nobody serves who was not loaded, and nobody loads who has no files`() {
        #expect(!reachable(from: .unknown, without: [.loading]).contains(.ready))
        #expect(!reachable(from: .unknown, without: [.downloaded]).contains(.loading))
        for state in ModelState.all where !state.hasFiles {
            #expect(!state.changes.contains(.loadStarted))
        }
        for state in ModelState.all {
            #expect(state.changes.contains(.deleted) == !state.isBusy, "\(state)")
        }
    }

    @Test func `each step of a hundred thousand random ones is refused or leads to a successor`() {
        var random = SeededRandom(seed: 11)
        var state = ModelState.unknown
        var taken = 0
        for _ in 0..<100_000 {
            let change = ModelChange.allCases.randomElement(using: &random) ?? .deleted
            let before = state
            do {
                state = try before.after(change)
                taken += 1
                #expect(before.successors.contains(state) && before.changes.contains(change))
            } catch {
                #expect(state == before && !before.changes.contains(change))
            }
        }
        #expect(taken > 10_000)
    }

    @Test func `states are kept as texts and read again`() {
        for state in ModelState.all { #expect(ModelState(text: state.text) == state) }
        #expect(ModelState(text: "failed") == nil && ModelState(text: "") == nil && ModelState(text: "Ready") == nil)
        #expect(Set(ModelState.all.map(\.text)).count == ModelState.all.count)
    }
}

@Suite struct DeploymentStatesTests {
    @Test func `a model is as far as the furthest of its deployments`() throws {
        var states = DeploymentStates()
        _ = try states.apply(.loadStarted, to: "a", base: .downloaded)
        _ = try states.apply(.loadStarted, to: "b", base: .loading)
        _ = try states.apply(.loadFinished, to: "a", base: .loading)
        #expect(states.combined == .ready && states.busy == ["a", "b"])
        _ = try states.apply(.unloadStarted, to: "a", base: .ready)
        #expect(states.combined == .loading)
        _ = try states.apply(.loadFailed, to: "b", base: .loading)
        #expect(states.combined == .unloading)
        _ = try states.apply(.unloadFinished, to: "a", base: .unloading)
        #expect(states.combined == .failed(.loading) && states.busy.isEmpty)
    }

    @Test func `another deployment's state is no place to begin from`() throws {
        var states = DeploymentStates()
        let (before, after) = try states.apply(.loadStarted, to: "second", base: .ready)
        #expect(before == .stopped && after == .loading)
        #expect(throws: InvalidTransition.self) { try states.apply(.loadStarted, to: "x", base: .downloading) }
    }

    @Test func `deployments that ended make room, and those that run are never forgotten`() throws {
        var states = DeploymentStates()
        for index in 0..<DeploymentStates.deploymentsMax {
            _ = try states.apply(.loadStarted, to: "\(index)", base: .downloaded)
        }
        #expect(throws: InvalidTransition.self) { try states.apply(.loadStarted, to: "more", base: .downloaded) }
        _ = try states.apply(.loadFailed, to: "7", base: .loading)
        _ = try states.apply(.loadStarted, to: "more", base: .downloaded)
        #expect(states.busy.count == DeploymentStates.deploymentsMax)
    }
}
