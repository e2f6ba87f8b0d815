import AdminAPI
import Configuration
import HTTPServing
import Hardware
import Processes

/// What the platform knows of its machine, joined from its parts.
struct HardwarePart: Sendable {
    let watch: MachineWatch

    /// - Parameters:
    ///   - configuration: of the platform; models lie in its data directory.
    ///   - launcher: starts the drivers' tools.
    ///   - environment: what tools inherit.
    init(configuration: Configuration, launcher: ProcessLauncher, environment: [String: String]) {
        watch = MachineWatch(
            MachineProbe(
                files: HardwareFiles(), tools: ToolRun(launcher: launcher, environment: environment),
                modelFolder: configuration.dataDir + "/models", environment: environment))
    }

    var routes: [Route] {
        HardwareRoutes { [watch] isFresh in await watch.machine(isFresh: isFresh) }.routes
    }
}
