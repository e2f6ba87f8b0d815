import Access
import AdminAPI
import Configuration
import Conversations
import Telemetry

/// Removes conversations whose time is over, a bounded number at once, and writes down how many.
struct RetentionSweep: Sendable {
    let store: any RetentionStore
    let policy: RetentionPolicy
    let audit: AuditLog
    let logger: Logger

    /// One pass over all classes. A class with more than it may remove at once goes on in the next pass.
    func run(at now: ConversationMoment) async throws {
        for kind in RetentionClass.allCases {
            guard let limit = policy.limit(kind, at: now) else { continue }
            let count = try await store.removeExpired(
                kind, usedBefore: limit, countMax: RetentionPolicy.sweepMax)
            guard count > 0 else { continue }
            logger.notice(
                "conversations are removed", ["class": .string(kind.rawValue), "count": .integer(Int64(count))])
            audit.note(
                AuditEntry(
                    "retention", by: nil, on: "conversations:\(kind.rawValue)",
                    details: [
                        .kind: .text(kind.rawValue), .count: .number(Int64(count)),
                        .seconds: .number((policy.kept(kind) ?? .zero).components.seconds),
                    ]))
        }
    }
}

extension RetentionPolicy {
    init(_ configuration: ConversationConfiguration) {
        self.init()
        temporary = configuration.keepTemporary
        archived = configuration.keepArchived
        conversations = configuration.keep
    }
}
