import Hosting
import Vocabulary

/// The memory of deployments, as the memory plan looks at it.
struct DeploymentsMemory: MemoryHosting {
    let deployments: Deployments

    func processes() async -> [HostedProcess] {
        var found: [HostedProcess] = []
        for deployment in deployments.all { found += await deployment.processes }
        return found
    }

    func candidates() async -> [HostedModel] {
        var models: [HostedModel] = []
        for deployment in deployments.all {
            guard let model = await deployment.hosted else { continue }
            models.append(model)
        }
        return models
    }

    func plan() async -> MemoryPlan { deployments.around.desk.plan }

    func measured(_ uses: [ModelID: Footprint]) async {
        for (id, use) in uses { await deployments.find(id.name)?.measured(use) }
    }

    func preload(_ wish: PreloadPlan.Wish) async {
        await deployments.find(wish.model.name)?.preload(for: wish.keepAlive)
    }
}

extension Deployment {
    /// Its processes on this machine, also those that are finishing.
    fileprivate var processes: [HostedProcess] {
        let isOurs = if case .engine = active.spec.kind { true } else { false }
        return (replicas + retired).compactMap { replica in
            guard replica.server.isReady, let process = replica.server.processID else { return nil }
            return HostedProcess(
                model: id, processID: process,
                engineSocket: isOurs ? replica.server.remote.endpoint.unixSocketPath : nil)
        }
    }

    /// Takes what its processes take of memory, unless that is of two versions at once.
    fileprivate func measured(_ use: Footprint) {
        guard phase == .serving, !isSwitching, retired.isEmpty else { return }
        _ = isFileReplaced()
        around.measures.resident(name, use.host)
        around.desk.measured(id, use)
    }

    /// Wishes that it be loaded, if there is room.
    fileprivate func preload(for keepAlive: KeepAlive) {
        guard hosted != nil, phase == .unloaded else { return }
        around.desk.preload(id, keepAlive: keepAlive)
    }
}
