import Configuration
import Hardware
import Hosting
import Processes
import Vocabulary

/// The memory of the gateway's workers, which stay where they are: nobody leaves for another.
struct GatewayMemory: MemoryHosting {
    let gateway: ModelGateway
    let forecast: MemoryForecast

    private var supervisors: [(id: ModelID, supervisor: WorkerSupervisor)] {
        gateway.deployments.compactMap { id, deployment in
            if case .worker(let supervisor) = deployment { (id, supervisor) } else { nil }
        }
    }

    func processes() async -> [HostedProcess] {
        var found: [HostedProcess] = []
        for (id, supervisor) in supervisors {
            let status = await supervisor.status
            guard status.state == .ready, let process = status.processID else { continue }
            found.append(
                HostedProcess(
                    model: id, processID: process, engineSocket: supervisor.remote.endpoint.unixSocketPath))
        }
        return found
    }

    func candidates() async -> [HostedModel] {
        var models: [HostedModel] = []
        for (id, supervisor) in supervisors { models.append(await model(id, supervisor)) }
        return models
    }

    func plan() async -> MemoryPlan {
        var lines: [MemoryPlan.Line] = []
        for (id, supervisor) in supervisors {
            let standing: Standing =
                switch await supervisor.status.state {
                case .ready, .unhealthy: .ready
                case .starting, .backingOff: .loading
                case .stopping: .unloading
                case .stopped, .failed: .absent
                }
            let model = await model(id, supervisor)
            lines.append(
                MemoryPlan.Line(model, standing: standing, reserved: standing == .absent ? .none : model.footprint))
        }
        let budget = Footprint(host: MemoryBudget.bytes(of: await forecast.machine().machine.memoryBytes))
        let reserved = lines.reduce(Footprint.none) { $0 + $1.reserved }
        return MemoryPlan(
            budget: budget, reserved: reserved, free: budget.less(reserved),
            lines: lines.sorted { $0.id.name < $1.id.name }, waitingCount: 0)
    }

    func preload(_ wish: PreloadPlan.Wish) async {
        for (id, supervisor) in supervisors where id == wish.model {
            if await supervisor.status.state == .stopped { await supervisor.start() }
        }
    }

    private func model(_ id: ModelID, _ supervisor: WorkerSupervisor) async -> HostedModel {
        guard case .file(let path, _) = supervisor.model.source else { return HostedModel(id: id, footprint: .none) }
        let arguments = WorkerCommand(program: "", environment: [:])
            .command(for: supervisor.model, path: path, socket: "").arguments
        return HostedModel(
            id: id, footprint: await forecast.footprint(engineArguments: arguments), keepAlive: .forever)
    }
}

/// What all models together may take where nobody said it.
enum MemoryBudget {
    /// Nine tenths of the machine, and at least half a gibibyte for everything else.
    ///
    /// - Parameter machine: bytes that programs may use.
    /// - Returns: the budget; without a number of the machine there is no bound.
    static func bytes(of machine: UInt64?) -> UInt64 {
        guard let machine else { return .max }
        return min(machine / 10 * 9, machine > 1 << 30 ? machine - (512 << 20) : machine / 2)
    }
}
