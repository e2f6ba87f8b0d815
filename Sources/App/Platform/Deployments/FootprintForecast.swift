import Foundation
import Hosting
import Processes

/// What servers of a deployment will take of this machine's memory.
struct FootprintForecast: Sendable {
    let foundry: ReplicaFoundry
    let memory: MemoryForecast

    /// Of all replicas together. A file that cannot be read takes nothing: its worker will say what is wrong with it.
    @concurrent func footprint(of spec: DeploymentSpec) async -> Footprint {
        let one = await single(spec)
        return (1..<spec.replicas).reduce(one) { sum, _ in sum + one }
    }

    private func single(_ spec: DeploymentSpec) async -> Footprint {
        switch spec.kind {
        case .remote: return .none
        case .container(let settings):
            if let bytes = settings.memoryMax { return Footprint(host: UInt64(clamping: bytes)) }
            return Footprint(host: bytes(of: await path(settings.model)))
        case .command(let settings):
            return Footprint(host: bytes(of: await path(settings.model)))
        case .engine(let settings):
            let known = await foundry.found(settings.model)
            var files = settings
            files.projector = settings.projector ?? known?.projector
            let path = known?.path ?? settings.model
            let command = foundry.engine.command(
                for: files, purpose: spec.purpose, name: "model", path: path, remark: nil, socket: "")
            let footprint = await memory.footprint(engineArguments: command.arguments)
            // Without a prediction the file itself is the least that it takes.
            return footprint == .none ? Footprint(host: bytes(of: path)) : footprint
        }
    }

    private func path(_ name: String?) async -> String? {
        await foundry.found(name)?.path
    }

    private func bytes(of path: String?) -> UInt64 {
        var information = stat()
        guard let path, stat(path, &information) == 0 else { return 0 }
        return UInt64(clamping: information.st_size)
    }
}
