import Launch
import LlamaRuntime
import Vocabulary

/// `nexus engine --list-devices`.
enum DeviceList {
    /// Prints what can compute here, and on the workers that were named.
    static func show(_ remote: RemoteArguments) throws {
        do {
            let servers = try RPCServers(remote.endpoints, patience: remote.patience, onLost: { _ in })
            for device in ComputingDevice.all(servers) { StandardStream.output.write(line(device) + "\n") }
            withExtendedLifetime(servers) {}
        } catch {
            throw ServiceError(.modelUnavailable, error.message)
        }
    }

    static func line(_ device: ComputingDevice) -> String {
        "\(device.name): \(device.description) (\(device.bytes >> 20) MiB, \(device.bytesFree >> 20) MiB free)"
    }
}
