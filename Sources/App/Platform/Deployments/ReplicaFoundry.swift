import Configuration
import Foundation
import HTTPFetching
import Hosting
import Processes
import RequestScope
import Telemetry
import Vocabulary

/// Makes the servers of deployments, each kind in its way.
struct ReplicaFoundry: Sendable {
    let engine: WorkerCommand
    let engineConfiguration: EngineConfiguration
    let hosting: HostingConfiguration
    let launcher: ProcessLauncher
    let client: HTTPClient
    let sockets: SocketDirectory
    let logger: Logger
    let report: @Sendable (WorkerSupervisor.Event) -> Void
    let resolution: ModelResolution
    var trust = RemoteTrust()

    /// Makes one server; it does not run yet.
    ///
    /// - Parameters:
    ///   - spec: what to serve.
    ///   - name: of the deployment.
    ///   - replica: its number, which was never used before.
    ///   - log: takes what it writes.
    /// - Returns: the server.
    /// - Throws: `ServiceError` about what is missing.
    func server(for spec: DeploymentSpec, name: String, replica: Int, log: LogRing) async throws -> any ReplicaServer {
        switch spec.kind {
        case .engine(let settings):
            return supervisor(try await enginePlan(settings, spec, name, replica), log)
        case .command(let settings):
            let found = try await model(settings.model)
            var plan = try commandPlan(settings, name, path: found?.path)
            plan.subject = await subject(name, replica, found)
            return supervisor(plan, log)
        case .remote(let settings):
            let host = try trust.outgoing.check(settings.url, for: .administrator).host
            var endpoint = RemoteModel.Endpoint(
                baseURL: RemoteModel.Endpoint.base(of: settings.url), apiKey: nil,
                modelName: settings.upstreamModel ?? name,
                // Other servers say nothing while they read a long prompt.
                idleMax: .seconds(600))
            endpoint.allowsPeer = { [outgoing = trust.outgoing] peer in
                outgoing.allows(address: peer.host, host: host.description, for: .administrator)
            }
            if let text = settings.apiKey { endpoint.apiKey = try await key(text, of: name) }
            return RemoteServer(
                RemoteModel(served: ModelID(name), endpoint: endpoint, client: client),
                healthPath: settings.healthPath, log: log, logger: logger)
        case .container(let settings):
            let found = try await model(settings.model)
            let docker = DockerEngine(socketPath: hosting.dockerSocket, client: client)
            return ContainerServer(
                settings, subject: await subject(name, replica, found),
                docker: docker,
                client: client, log: log, logger: logger, report: report)
        }
    }

    /// The key that a text is or names.
    ///
    /// - Throws: `modelUnavailable` where it names a secret that cannot be had: no fault of whoever asks the model.
    private func key(_ text: String, of name: String) async throws -> String {
        do {
            return try await trust.secret(text)
        } catch let error as ServiceError {
            logger.error("the key of a deployment cannot be had", [.model: .string(name), .error: .error(error)])
            throw ServiceError(.modelUnavailable, error.message, hint: error.hint, detail: error.detail)
        }
    }

    /// A model by the path of its file or by its name in the catalogue; `nil` where none was named.
    ///
    /// - Throws: `invalidValue` when there is no such file.
    func model(_ name: String?) async throws -> ServableModel? {
        guard let name else { return nil }
        if name.hasPrefix("/"), FileManager.default.isReadableFile(atPath: name) {
            return ServableModel(path: name)
        }
        if let known = await resolution.named(name) { return known }
        if FileManager.default.isReadableFile(atPath: name) { return ServableModel(path: name) }
        throw ServiceError(
            .invalidValue, "There is no model file '\(name)'.",
            hint: "Give the path of a file that the server can read, or the name of a model of the catalogue.",
            parameter: "model")
    }

    private func supervisor(_ plan: WorkerPlan, _ log: LogRing) -> WorkerSupervisor {
        WorkerSupervisor(
            plan, output: log, launcher: launcher, client: client, engine: engineConfiguration, logger: logger,
            report: report)
    }

    private func enginePlan(
        _ settings: EngineSettings, _ spec: DeploymentSpec, _ name: String, _ replica: Int
    ) async throws -> WorkerPlan {
        // A file that is not there is the worker's to tell: it may come, and attempts are made anew.
        var path = settings.model
        var settings = settings
        let known = await found(settings.model)
        if let known {
            path = known.path
            settings.projector = settings.projector ?? known.projector
        }
        var worker = engine
        if let version = settings.engine {
            let launch = try await resolution.engine(version)
            worker = WorkerCommand(
                program: launch.program, environment: engine.environment.merging(launch.environment) { $1 })
        }
        let socket = sockets.next()
        let command = worker.command(
            for: settings, purpose: spec.purpose, name: name, path: path, remark: spec.remark, socket: socket)
        let endpoint = RemoteModel.Endpoint(
            baseURL: "http://engine", unixSocketPath: socket, modelName: name,
            // The worker breaks every silence of 15 s itself.
            idleMax: .seconds(60))
        var plan = WorkerPlan(
            name: name, prepare: { (command, endpoint) }, endpoint: endpoint, readyWithin: hosting.loadMax)
        plan.subject = await subject(name, replica, known)
        return plan
    }

    /// Whose server it is. Of several models of the catalogue with one file it is the one that is called as the deployment.
    private func subject(_ name: String, _ replica: Int, _ found: ServableModel?) async -> WorkerSupervisor.Subject {
        var subject = WorkerSupervisor.Subject(deployment: name, replica: replica, model: found?.name ?? name)
        guard let found, found.name == nil else { return subject }
        let real = URL(filePath: found.path).resolvingSymlinksInPath().path
        if await resolution.named(name)?.path == real { return subject }
        subject.model = await resolution.ofFile(real)?.name ?? name
        return subject
    }

    /// A model that is there; what is not, its worker tells.
    func found(_ name: String?) async -> ServableModel? {
        do { return try await model(name) } catch { return nil }
    }

    private func commandPlan(_ settings: CommandSettings, _ name: String, path: String?) throws -> WorkerPlan {
        let inherited = engine.environment
        let upstream = settings.upstreamModel ?? name
        @Sendable func prepare() throws -> (ProcessCommand, RemoteModel.Endpoint) {
            let port = try FreePort.find()
            var values = ["PORT": String(port), "NAME": name]
            values["MODEL"] = path
            let words: [String]
            var environment = inherited
            do {
                words = try settings.command.map { try CommandTemplate.filled($0, values) }
                for (key, value) in settings.environment {
                    environment[key] = try CommandTemplate.filled(value, values)
                }
            } catch let error as CommandTemplate.Unknown {
                throw ServiceError(
                    .invalidValue, "'${\(error.name)}' has no value here.",
                    hint:
                        "There are \(error.known.map { "${\($0)}" }.joined(separator: ", ")); `model` gives ${MODEL}.",
                    parameter: "command")
            }
            return (
                ProcessCommand(
                    words[0], Array(words.dropFirst()), environment: environment, directory: settings.directory,
                    coreMax: 0),
                RemoteModel.Endpoint(
                    baseURL: "http://127.0.0.1:\(port)", modelName: upstream, idleMax: .seconds(600))
            )
        }
        let (_, first) = try prepare()
        return WorkerPlan(
            name: name, prepare: prepare, endpoint: first, readiness: .probed(path: settings.readyPath),
            readyWithin: settings.readyWithin, stopSignal: settings.stopSignal.signal, restart: settings.restart)
    }
}
