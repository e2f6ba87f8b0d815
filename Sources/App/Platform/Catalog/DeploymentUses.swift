import Configuration
import Foundation
import ModelCatalog
import Synchronization

/// Who uses a model's files: the deployments of the gateway, once there is one.
final class DeploymentUses: Sendable {
    private let gateway = Mutex<ModelGateway?>(nil)

    /// From now on the deployments of this gateway count.
    func follow(_ gateway: ModelGateway) { self.gateway.withLock { $0 = gateway } }

    var modelUses: ModelUses {
        ModelUses(
            users: { [self] record in
                var names: [String] = []
                for supervisor in supervisors(of: record) where await supervisor.status.state != .stopped {
                    if await supervisor.status.state != .failed { names.append(supervisor.model.name) }
                }
                return names
            },
            stop: { [self] record in
                for supervisor in supervisors(of: record) { await supervisor.stop(grace: .seconds(10)) }
            })
    }

    private func supervisors(of record: ModelRecord) -> [WorkerSupervisor] {
        let paths = Set(record.files.map(\.path))
        return (gateway.withLock { $0 }?.deployments ?? []).compactMap { _, deployment in
            guard case .worker(let supervisor) = deployment, case .file(let path, _) = supervisor.model.source else {
                return nil
            }
            let full = URL(filePath: path).resolvingSymlinksInPath().path
            return paths.contains(full) || paths.contains(path) ? supervisor : nil
        }
    }
}
