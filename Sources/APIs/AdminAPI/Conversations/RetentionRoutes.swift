public import Conversations
public import HTTPServing
import JSONText
import RequestScope

/// `/api/v1/retention`: how long conversations are kept, and what would go now. Removes nothing.
public struct RetentionRoutes: Sendable {
    private let store: any RetentionStore
    private let policy: RetentionPolicy
    private let now: @Sendable () -> ConversationMoment

    public init(
        _ store: any RetentionStore, policy: RetentionPolicy, now: @escaping @Sendable () -> ConversationMoment
    ) {
        self.store = store
        self.policy = policy
        self.now = now
    }

    public var routes: [Route] {
        [Route(.get, "/api/v1/retention", Self.showing) { _ in .json(["classes": .array(try await classes())]) }]
    }

    private func classes() async throws -> [JSONValue] {
        var classes: [JSONValue] = []
        for kind in RetentionClass.allCases {
            let kept = policy.kept(kind)
            var expired = ExpiredCount(count: 0, oldest: nil)
            if let limit = policy.limit(kind, at: now()) {
                expired = try await store.expired(kind, usedBefore: limit)
            }
            classes.append([
                "name": .string(kind.rawValue), "keep_seconds": kept.map { .integer($0.components.seconds) } ?? .null,
                "would_remove": .whole(expired.count), "oldest_at": expired.oldest.map { .string($0.rfc3339) } ?? .null,
            ])
        }
        return classes
    }

    private static let showing = RouteDescription(
        operation: "showRetention",
        summary: "How long conversations are kept after their last use, and what the next sweep would remove.",
        tags: ["conversations"],
        responses: [
            .init(
                .ok, nil,
                .json(
                    ModelShapes.object([
                        "classes": ModelShapes.list(
                            of: ModelShapes.object([
                                "name": ModelShapes.oneOf(RetentionClass.allCases.map(\.rawValue)),
                                "keep_seconds": ["type": ["integer", "null"]], "would_remove": ModelShapes.natural,
                                "oldest_at": ModelShapes.momentOrNull,
                            ]))
                    ])))
        ], permission: "retention.read")
}
