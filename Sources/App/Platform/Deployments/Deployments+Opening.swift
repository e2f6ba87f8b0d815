import Configuration
import Hosting
import Telemetry
import Vocabulary

extension Deployments {
    /// Takes in what the configuration names and what the database keeps.
    ///
    /// A deployment of the configuration has its history in the database, too: what was changed by the API holds until the
    /// configuration itself says something else.
    func open(_ models: [ModelConfiguration]) async throws {
        let kept = try await around.store.deployments()
        for model in models {
            let configured = DeploymentSpec(model)
            let known = kept.first { $0.name == model.name && $0.origin == .configuration }
            if known == nil, kept.contains(where: { $0.name == model.name }) {
                // The configuration goes before what the API made under the same name.
                around.logger.warning(
                    "a deployment made by the API has the name of one of the configuration, and is left out",
                    [.model: .string(model.name)])
            }
            let record = try await record(
                of: model.name, configured, known, isNew: kept.allSatisfy { $0.name != model.name })
            try add(Deployment(record, around), record.active?.spec ?? configured)
        }
        for record in kept where record.origin == .api && find(record.name) == nil {
            guard let active = record.active else {
                around.logger.error("a deployment has no whole version", [.model: .string(record.name)])
                continue
            }
            do {
                try add(Deployment(record, around), active.spec)
            } catch {
                around.logger.error(
                    "a deployment cannot be taken in", [.model: .string(record.name), .error: .error(error)])
            }
        }
        for deployment in all { await deployment.prepare() }
    }

    /// Loads what is to be there from the start, as far as memory has room for it; the rest comes with its first request.
    func preload() async {
        var sum = Footprint.none
        for deployment in all where await deployment.isToBePreloaded {
            let need = await deployment.predicted
            guard (sum + need).fits(in: around.desk.budget) else {
                deployment.log.note("there is no room for it beside those before it: its first request loads it")
                around.logger.warning(
                    "a model is not preloaded, because those before it take the memory",
                    [.model: .string(deployment.name), "needed": .string(need.shown)])
                continue
            }
            sum = sum + need
            await deployment.preload()
        }
    }

    private func record(
        of name: String, _ configured: DeploymentSpec, _ known: DeploymentRecord?, isNew: Bool
    ) async throws -> DeploymentRecord {
        let shown = configured.withoutSecrets
        guard var record = known else {
            let version = DeploymentVersion(
                number: 1, spec: shown, note: "from the configuration", createdAt: around.now(), state: .active)
            var record = DeploymentRecord(
                name: name, origin: .configuration, createdAt: around.now(), configured: shown, versions: [version])
            if isNew { try await around.store.add(record) }
            record.versions[0].spec = configured
            return record
        }
        if record.configured != shown {
            let version = DeploymentVersion(
                number: record.nextNumber, spec: shown, note: "from the changed configuration", createdAt: around.now())
            try await around.store.add(version, to: name)
            try await around.store.activate(version.number, of: name)
            try await around.store.setConfigured(shown, of: name)
            for place in record.versions.indices where record.versions[place].state == .active {
                record.versions[place].state = .superseded
            }
            record.versions.append(version)
            record.versions[record.versions.count - 1].state = .active
            record.configured = shown
        }
        for place in record.versions.indices {
            record.versions[place].spec = record.versions[place].spec.withSecrets(of: configured)
        }
        return record
    }
}

extension Deployment {
    /// Foresees what it takes, and makes it known to the planner.
    func prepare() async {
        predicted = await around.forecast.footprint(of: active.spec)
        host()
    }

    var isToBePreloaded: Bool { active.spec.isPreloaded && !record.isStopped }

    func preload() async {
        guard isToBePreloaded else { return }
        guard active.spec.kind.isLocal else {
            do { try await load() } catch { log.note("not ready: \(error)") }
            return
        }
        isAwaited = true
        around.desk.preload(id)
    }
}
