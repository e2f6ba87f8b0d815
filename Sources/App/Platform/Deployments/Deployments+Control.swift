import Configuration
import Hosting
import JSONText
import Vocabulary

extension Deployments: DeploymentControl {
    func reports() async -> [DeploymentReport] {
        var reports: [DeploymentReport] = []
        for deployment in all { reports.append(await deployment.report()) }
        return reports.sorted { $0.name < $1.name }
    }

    func report(of name: String) async throws -> DeploymentReport { try await known(name).report() }

    func create(_ name: String, _ spec: DeploymentSpec, _ terms: ChangeTerms) async throws -> DeploymentReport {
        try allow(spec, terms)
        try checkFallback(spec)
        try await around.refuseIfImpossible(spec)
        return try await inTurn {
            let version = DeploymentVersion(
                number: 1, spec: spec, note: terms.note, createdAt: around.now(), state: .active)
            let record = DeploymentRecord(
                name: name, origin: .api, createdAt: around.now(), versions: [version])
            let deployment = Deployment(record, around)
            try add(deployment, spec)
            do {
                try await around.store.add(record)
            } catch {
                forget(name)
                throw error
            }
            await deployment.prepare()
            await deployment.preload()
            around.foundry.report(.init(model: name, name: "created", detail: terms.note))
            return await deployment.report()
        }
    }

    func change(_ name: String, patch: JSONValue, _ terms: ChangeTerms) async throws -> DeploymentReport {
        let deployment = try known(name)
        try await deployment.change(terms) { [self] record in
            guard let active = record.active else { throw ServiceError(.internalError, "It has no active version.") }
            let spec = try Self.spec(active.spec.json(isShown: false).merged(patch))
            if spec.kind != active.spec.kind { try allow(spec, terms) }
            try check(spec, for: deployment.name)
            if spec.fallback != active.spec.fallback { try checkFallback(spec) }
            return spec
        }
        return await renamed(deployment)
    }

    func rollBack(_ name: String, to number: Int?, _ terms: ChangeTerms) async throws -> DeploymentReport {
        let deployment = try known(name)
        let before = await deployment.record.previous?.number
        guard let target = number ?? before else {
            throw ServiceError(.notFound, "'\(name)' had no version before the one that is active.", parameter: "to")
        }
        var told = terms
        if told.note.isEmpty { told.note = "rolled back to version \(target)" }
        try await deployment.change(told) { [self] record in
            guard let version = record.version(target), version.state != .pending else {
                let numbers = record.versions.map { String($0.number) }.joined(separator: ", ")
                throw ServiceError(
                    .notFound, "There is no version \(target) of '\(name)'.", hint: "There are versions \(numbers).",
                    parameter: "to")
            }
            try check(version.spec, for: deployment.name)
            return version.spec
        }
        return await renamed(deployment)
    }

    func remove(_ name: String, isForced: Bool) async throws {
        let deployment = try known(name)
        let users = all.map(\.name).filter { $0 != deployment.name && fallbacks(of: $0).contains(name) }
        guard users.isEmpty || isForced else {
            throw ServiceError(
                .conflict, "\(users.joined(separator: ", ")) fall back on '\(name)'.",
                hint: "Change them first, or remove it with force=true.")
        }
        try await inTurn {
            try await deployment.remove(isForced: isForced)
            forget(deployment.name)
            around.foundry.report(.init(model: deployment.name, name: "removed", detail: nil))
        }
    }

    func start(_ name: String) async throws -> DeploymentReport {
        let deployment = try known(name)
        try await deployment.start()
        return await deployment.report()
    }

    func stop(_ name: String) async throws -> DeploymentReport {
        let deployment = try known(name)
        try await deployment.stop()
        return await deployment.report()
    }

    func restart(_ name: String) async throws -> DeploymentReport {
        let deployment = try known(name)
        try await deployment.restart()
        return try await start(name)
    }

    func versions(of name: String) async throws -> [DeploymentVersion] { await (try known(name)).record.versions }

    func log(of name: String, last count: Int) async throws -> [DeploymentLogLine] { try known(name).log.last(count) }

    func followLog(of name: String, last count: Int) async throws -> AsyncStream<DeploymentLogLine> {
        guard let stream = try known(name).log.follow(last: count) else {
            throw ServiceError(
                .overloaded, "\(LogRing.readersMax) readers follow the log of '\(name)' already.",
                hint: "Read it without following.")
        }
        return stream
    }

    func users(ofFile path: String) async -> [String] {
        var users: [String] = []
        for deployment in all where await deployment.active.spec.kind.modelPath == path {
            users.append(deployment.name)
        }
        return users
    }

    // MARK: Checks

    private static func spec(_ json: JSONValue) throws(ServiceError) -> DeploymentSpec {
        do throws(JSONFieldError) {
            return try DeploymentSpec(reading: JSONField(json))
        } catch {
            throw ServiceError(
                .invalidValue, "'\(error.path)' \(error.problem).", hint: "See /openapi.json.", parameter: error.path)
        }
    }

    func known(_ name: String) throws(ServiceError) -> Deployment {
        if let found = find(name) { return found }
        throw ServiceError(
            .notFound, "There is no deployment '\(name)'.", hint: "GET /api/v1/deployments lists them.")
    }

    /// Takes over the names of what is active now.
    private func renamed(_ deployment: Deployment) async -> DeploymentReport {
        rename(deployment.name, await deployment.active.spec)
        return await deployment.report()
    }

    private func allow(_ spec: DeploymentSpec, _ terms: ChangeTerms) throws(ServiceError) {
        switch spec.kind {
        case .engine, .remote: return
        case .command, .container:
            guard !terms.allowsCommands, !around.foundry.hosting.allowsCommands else { return }
        }
        throw ServiceError(
            .unsupported, "Deployments of kind '\(spec.kind.name)' start programs, which the API on the port may not.",
            hint: "Use the Unix socket (nexus deploy), or set hosting.allowCommands.", parameter: "kind")
    }

    private func checkFallback(_ spec: DeploymentSpec) throws(ServiceError) {
        for name in spec.fallback where find(name) == nil {
            throw ServiceError(
                .invalidValue, "There is no deployment '\(name)' to fall back on.",
                hint: "GET /api/v1/deployments lists them.", parameter: "fallback")
        }
    }

    private func inTurn<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await turn.take(body)
        } catch is TaskTurn.TooMany {
            throw ServiceError(.overloaded, "Too many changes wait.", hint: "Try again later.")
        }
    }
}

extension Deployment.Surroundings {
    /// Refuses what could never be loaded: a file that is not there, more memory than all models together may have.
    func refuseIfImpossible(_ spec: DeploymentSpec) async throws {
        _ = try await foundry.model(spec.kind.modelPath)
        if case .engine(let settings) = spec.kind, let engine = settings.engine {
            _ = try await foundry.resolution.engine(engine)
        }
        let need = await forecast.footprint(of: spec)
        let budget = desk.budget
        guard !need.fits(in: budget) else { return }
        throw ServiceError(
            .insufficientMemory, "It needs \(need.shown) of memory; the budget for all models is \(budget.shown).",
            hint: "Give it a smaller context or a smaller quantisation, or raise hosting.memoryMax.")
    }
}
