import Foundation
import Hosting
import ModelCatalog
import Synchronization
import Vocabulary

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
            },
            claim: { [self] record in
                let served = deployments.withLock { $0 }?.all.map { $0.name } ?? []
                guard record.origin == .configuration, served.contains(record.name.description) else { return nil }
                return
                    "the configuration serves it ('models', --model, or the starter model when nothing else is named)"
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
