import Hosting
import Vocabulary

/// How a deployment fares, for the API, for health checks and for lists of models.
extension Deployment {
    func report() async -> DeploymentReport {
        var replicas: [ReplicaReport] = []
        for replica in self.replicas { replicas.append(await Self.report(replica, isRetired: false)) }
        for replica in retired { replicas.append(await Self.report(replica, isRetired: true)) }
        let stage = await stage()
        var report = DeploymentReport(
            name: name, origin: record.origin, stage: stage, active: active, versionCount: record.versions.count)
        report.replicas = replicas
        report.predictedBytes = active.spec.kind.isLocal && predicted != .none ? predicted.host : nil
        report.residentBytes = residentBytes()
        report.isFileReplaced = isFileReplaced()
        report.modalities = self.replicas.compactMap(\.description).first?.modalities ?? Modalities()
        if let failure {
            report.failure = (failure.error as? ServiceError)?.description ?? String(describing: failure.error)
            report.logTail = log.last(20).map(\.text)
        }
        return report
    }

    private static func report(_ replica: Replica, isRetired: Bool) async -> ReplicaReport {
        let status = await replica.server.status
        var report = ReplicaReport(
            id: replica.id, version: replica.version, state: isRetired ? "draining" : status.state.rawValue,
            inFlight: replica.inFlight, attempts: status.attempts)
        report.processID = status.processID
        report.residentBytes = status.processID.flatMap(ProcessMemory.resident)
        report.contextTokens = status.contextTokens ?? replica.description?.contextTokens
        report.lastExit = status.lastExit
        return report
    }

    func stage() async -> DeploymentStage {
        if isSwitching { return .switching }
        switch phase {
        case .loading: return .loading
        case .unloading: return .unloading
        case .removed: return .stopped
        case .unloaded: return record.isStopped ? .stopped : failure == nil ? .unloaded : .failed
        case .serving: return replicas.contains(where: \.server.isReady) ? .ready : .restarting
        }
    }

    /// The state of the first worker, as `/api/v1/workers` tells it; `nil` for a server elsewhere.
    func workerStatus() async -> WorkerStatus? {
        guard active.spec.kind.isLocal else { return nil }
        if let replica = replicas.first { return await replica.server.status }
        return lastStatus ?? WorkerStatus(state: .stopped, attempts: 0)
    }

    func served(created: Int64) async -> ServedModel {
        let description = replicas.compactMap(\.description).first
        let status = await replicas.first?.server.status
        var model = ServedModel(
            id: id, created: created, contextTokens: status?.contextTokens ?? description?.contextTokens,
            note: active.spec.remark, modalities: description?.modalities ?? Modalities())
        model.aliases = active.spec.aliases
        model.isEncoder = description?.isEncoder ?? (active.spec.purpose != .text)
        guard active.spec.kind.isLocal else { return model }
        model.state =
            switch await stage() {
            case .ready, .switching: "loaded"
            case .loading, .restarting: "loading"
            case .stopped, .unloaded, .unloading: "unloaded"
            case .failed: "failed"
            }
        return model
    }
}

extension Deployment {
    /// Whether it serves, or has no reason to. One that is to be there from the start has, until it was there once.
    func isWell() async -> Bool {
        switch await stage() {
        case .ready, .switching, .stopped, .unloading: true
        case .unloaded: !isAwaited
        case .loading, .restarting, .failed: false
        }
    }
}
