import Gateway
import Vocabulary

/// Who would answer a request, as far as that is certain before somebody is asked.
///
/// A deployment by one of its names, and a route that has nothing to choose. Where a route looks at the request, at the caller or
/// at chance, nobody is certain, and nothing is kept.
struct AnswerSources: Sendable {
    let source: @Sendable (ModelID, RoutingWish) async -> AnswerSource?

    /// - Parameter source: who answers to a name, with what the caller wishes; `nil` where that is not certain.
    init(_ source: @escaping @Sendable (ModelID, RoutingWish) async -> AnswerSource?) { self.source = source }

    init(_ routing: RoutedService) {
        self.init { asked, wish in
            guard wish.ensemble == nil else { return nil }
            let name = await routing.servedName(for: asked).name
            guard let route = routing.book.table.routes[name] else {
                return await Self.source(name, routing.deployments)
            }
            guard route.isAlias, let target = route.targets.first else { return nil }
            return await Self.source(target.model, routing.deployments)
        }
    }

    private static func source(_ name: String, _ deployments: Deployments) async -> AnswerSource? {
        guard let deployment = deployments.find(name) else { return nil }
        return AnswerSource(model: deployment.name, identity: await deployment.answerIdentity())
    }
}

extension ModelRoute {
    /// Whether it is another name of its first target, which others only stand behind.
    fileprivate var isAlias: Bool {
        (targets.count == 1 || balancing == .ordered) && canary == nil && tiers == nil && tags.isEmpty && tasks.isEmpty
            && preferences.isEmpty
    }
}
