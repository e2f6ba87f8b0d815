import Foundation
import Hosting
import ModelCatalog
import Synchronization

/// Who uses a model's files: the deployments, once there are any.
final class DeploymentUses: Sendable {
    private let deployments = Mutex<Deployments?>(nil)

    /// From now on these deployments count.
    func follow(_ deployments: Deployments) { self.deployments.withLock { $0 = deployments } }

    var modelUses: ModelUses {
        ModelUses(
            users: { [self] record in
                var names: [String] = []
                for deployment in await users(of: record) where await deployment.holdsFiles {
                    names.append(deployment.name)
                }
                return names
            },
            stop: { [self] record in
                for deployment in await users(of: record) { try await deployment.stop() }
            })
    }

    private func users(of record: ModelRecord) async -> [Deployment] {
        let paths = Set(record.files.map(\.path))
        var users: [Deployment] = []
        for deployment in deployments.withLock({ $0 })?.all ?? [] {
            let used = await deployment.usedPaths
            let full = used.map { URL(filePath: $0).resolvingSymlinksInPath().path }
            if !paths.isDisjoint(with: used) || !paths.isDisjoint(with: full) { users.append(deployment) }
        }
        return users
    }
}
