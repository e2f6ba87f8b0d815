import Configuration
import Hosting
import JSONText
import Vocabulary

/// Changes of configuration: each is a version, one at a time, and requests go on meanwhile.
extension Deployment {
    /// Makes a version and puts it in place. Returns when it serves, or would be what the next load takes.
    ///
    /// - Parameters:
    ///   - terms: with what the caller takes for the active version.
    ///   - next: makes the new configuration of the active one.
    /// - Throws: `conflict` when another version is active; what is wrong with the configuration; why its servers could
    ///   not be started. What was active goes on then.
    func change(_ terms: ChangeTerms, _ next: @Sendable (DeploymentRecord) throws -> DeploymentSpec) async throws {
        do {
            try await turn.take { try await changeInTurn(terms, next) }
        } catch is TaskTurn.TooMany {
            throw ServiceError(.overloaded, "Too many changes of '\(name)' wait.", hint: "Try again later.")
        }
    }

    private func changeInTurn(
        _ terms: ChangeTerms, _ next: @Sendable (DeploymentRecord) throws -> DeploymentSpec
    ) async throws {
        guard phase != .removed else { throw ServiceError(.notFound, "'\(name)' was removed.") }
        if let expected = terms.expectedVersion, expected != active.number {
            throw ServiceError(
                .conflict, "Version \(active.number) of '\(name)' is active, not \(expected).",
                hint: "Look at what changed, and send the change again.", parameter: "version")
        }
        let spec = try next(record)
        guard spec != active.spec else { return }
        if spec.kind != active.spec.kind { try await around.refuseIfImpossible(spec) }
        let version = DeploymentVersion(
            number: record.nextNumber, spec: spec, note: terms.note, createdAt: around.now())
        try await around.store.add(version, to: name)
        record.versions.append(version)
        do {
            try await put(version)
        } catch {
            let reason = (error as? ServiceError)?.description ?? String(describing: error)
            mark(version.number, .failed, reason)
            try await around.store.fail(version.number, of: name, reason: reason)
            log.note("version \(version.number) could not be put in place: \(reason)")
            throw error
        }
        log.note("version \(version.number) is active")
        around.foundry.report(
            .init(model: name, name: "version", detail: "\(version.number) is active: \(version.note)"))
    }

    /// Starts equal servers in place of those that run, as if to a new version.
    func restart() async throws {
        do {
            try await turn.take {
                try await settled()
                guard phase == .serving else { return }
                try await swap(to: active, need: await around.forecast.footprint(of: active.spec))
            }
        } catch is TaskTurn.TooMany {
            throw ServiceError(.overloaded, "Too many changes of '\(name)' wait.", hint: "Try again later.")
        }
    }

    private func put(_ version: DeploymentVersion) async throws {
        let need = await around.forecast.footprint(of: version.spec)
        try await settled()
        switch SwapPlan(from: active.spec, to: version.spec, isLoaded: phase == .serving) {
        case .settings: try await activate(version)
        case .scale(let difference): try await scale(to: version, by: difference)
        case .swap: try await swap(to: version, need: need)
        }
        predicted = need
        host()
    }

    /// Tells the planner what to believe of this deployment from now on.
    func host() {
        if active.spec.kind.isLocal { around.desk.host(planned) }
    }

    /// What the planner is to believe of it; `nil` for what it has no say in: a server elsewhere, and one that was stopped.
    var hosted: HostedModel? {
        active.spec.kind.isLocal && !record.isStopped && phase != .removed ? planned : nil
    }

    private var planned: HostedModel {
        let spec = active.spec
        let keepAlive = spec.keepAlive ?? around.foundry.hosting.keepAlive.map { .lasting($0) } ?? .forever
        return HostedModel(
            id: id, footprint: predicted, priority: spec.priority, isPinned: spec.isPinned, keepAlive: keepAlive)
    }

    // MARK: Ways

    private func swap(to version: DeploymentVersion, need: Footprint) async throws {
        // Held as a request would hold it, it does not leave meanwhile to make room for others.
        let ticket = try await active.spec.kind.isLocal ? around.desk.enter(id, priority: .critical) : nil
        defer { if let ticket { around.desk.leave(ticket) } }
        guard phase == .serving else { return try await activate(version) }
        isSwitching = true
        defer { isSwitching = false }
        let held = max(predicted.host, residentBytes() ?? 0)
        // A server elsewhere takes nothing here, before or after.
        let fits = need.host == 0 || around.desk.reserve(need.host, beside: id, held: held)
        let way = fits ? "beside" : "drain_first"
        do {
            if fits { try await swapBeside(to: version) } else { try await swapAfterDraining(to: version) }
            around.measures.switched(name, way: way, outcome: "ready")
        } catch {
            around.measures.switched(name, way: way, outcome: "failed")
            throw error
        }
        await remember(version.spec)
    }

    private func swapBeside(to version: DeploymentVersion) async throws {
        let made = try await started(version, count: version.spec.replicas)
        do {
            try await activate(version)
        } catch {
            await Self.end(made, grace: .zero)
            throw error
        }
        guard phase == .serving else { return await Self.end(made, grace: .zero) }
        let old = replicas
        replicas += made
        retire(old)
    }

    private func swapAfterDraining(to version: DeploymentVersion) async throws {
        gate.close()
        defer { gate.open() }
        log.note("there is no room for two versions: requests wait until version \(version.number) is loaded")
        let before = active
        for replica in replicas {
            if await replica.drained(within: around.foundry.hosting.drainMax) { continue }
            throw ServiceError(
                .conflict, "'\(name)' has answers that do not end, and there is no room for a second version.",
                hint: "Try again later, or make room: stop another deployment.")
        }
        await endReplicas(grace: .seconds(10))
        do {
            try await takeOver(try await started(version, count: version.spec.replicas), of: version)
        } catch {
            await endReplicas(grace: .zero)
            do {
                try await takeOver(try await started(before, count: before.spec.replicas), of: before)
            } catch {
                log.note("the version from before cannot be started either")
                if phase == .serving {
                    phase = .unloaded
                    around.desk.lost(id)
                }
            }
            throw error
        }
    }

    /// Puts servers into rotation where there are none; ends them when it was stopped meanwhile.
    private func takeOver(_ made: [Replica], of version: DeploymentVersion) async throws {
        do {
            try await activate(version)
        } catch {
            await Self.end(made, grace: .zero)
            throw error
        }
        guard phase == .serving else { return await Self.end(made, grace: .zero) }
        replicas = made
    }

    private func scale(to version: DeploymentVersion, by difference: Int) async throws {
        let wanted = version.spec.replicas
        if difference > 0 {
            var one = version.spec
            one.replicas = difference
            let more = await around.forecast.footprint(of: one)
            guard
                more.host == 0
                    || around.desk.reserve(more.host, beside: id, held: max(predicted.host, residentBytes() ?? 0))
            else {
                let budget = around.desk.budget
                throw ServiceError(
                    .insufficientMemory,
                    "\(difference) more of '\(name)' need \(more.shown); \(budget.less(around.desk.reserved).shown) of "
                        + "\(budget.shown) are free.",
                    hint: "Stop another deployment, or raise hosting.memoryMax.", parameter: "replicas")
            }
            let made = try await started(version, count: difference)
            guard phase == .serving else {
                await Self.end(made, grace: .zero)
                return try await activate(version)
            }
            replicas += made
        }
        try await activate(version)
        if wanted < replicas.count { retire(Array(replicas.suffix(replicas.count - wanted))) }
    }

    /// Makes servers of a version, starts them and waits until all serve. When one does not, all are ended.
    private func started(_ version: DeploymentVersion, count: Int) async throws -> [Replica] {
        log.forgetReason()
        let made = try await make(version, count: count)
        for replica in made { await replica.server.start() }
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for replica in made {
                    group.addTask {
                        try await replica.server.ready()
                        replica.describe(await replica.server.remote.described())
                    }
                }
                for try await _ in group {}
            }
            return made
        } catch {
            await Self.end(made, grace: .zero)
            throw error
        }
    }

    /// Makes a version the one that counts, in the database and here.
    private func activate(_ version: DeploymentVersion) async throws {
        guard version.number != active.number else { return }
        let before = active.number
        mark(before, .superseded, nil)
        mark(version.number, .active, nil)
        do {
            try await around.store.activate(version.number, of: name)
        } catch {
            mark(version.number, .pending, nil)
            mark(before, .active, nil)
            throw error
        }
    }

    private func mark(_ number: Int, _ state: DeploymentVersionState, _ reason: String?) {
        guard let place = record.versions.firstIndex(where: { $0.number == number }) else { return }
        record.versions[place].state = state
        record.versions[place].reason = reason
    }

    /// Resident bytes of all its processes, also of those that are finishing; `nil` when there are none.
    func residentBytes() -> UInt64? {
        let processes = (replicas + retired).compactMap { $0.server.processID }
        let bytes = processes.compactMap(ProcessMemory.resident)
        return bytes.isEmpty ? nil : bytes.reduce(0, +)
    }
}
