import Hosting

extension Deployment {
    /// What every request asks of the active version, taken out of it once: a version is large to copy.
    struct Terms: Sendable {
        let isLocal: Bool
        let parallel: Int
        /// Requests that its servers answer at the same time; `nil` where nobody has to wait for that.
        let concurrencyMax: Int?

        init(_ record: DeploymentRecord) {
            let spec = record.active?.spec
            isLocal = spec?.kind.isLocal ?? false
            parallel = spec?.parallel ?? 1
            concurrencyMax = spec.flatMap(UpstreamEntrance.concurrencyMax)
        }
    }

    /// Whether it is in memory and takes one more request now.
    nonisolated var isAtHand: Bool {
        let standing = around.desk.standing(of: id)
        return gate.isOpen && entrance.hasRoom && (standing == .ready || standing == nil)
    }

    /// A server that answers now, where there is one and nobody has to be waited for.
    ///
    /// - Throws: `ServiceError` when there is none at all.
    func acquireNow(_ wish: Wish) throws -> ServerHolding? {
        try refuseIfGone()
        guard phase == .serving, gate.isOpen, entrance.isOpen(terms),
            replicas.contains(where: \.server.isReady)
        else { return nil }
        var ticket: ResidencyDesk.Ticket?
        if terms.isLocal {
            ticket = try around.desk.enterNow(id, priority: wish.priority, keepAlive: wish.keepAlive)
            if ticket == nil { return nil }
        }
        let holding = ServerHolding(desk: around.desk, ticket: ticket)
        let lease = try lease(wish)
        guard lease.replica.server.isReady else { return nil }
        holding.take(lease)
        return holding
    }
}
