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

    /// A server that answers now, where there is one and nobody has to be waited for. Not even for this actor: to go there
    /// and back would cost a request two changes of thread.
    ///
    /// - Returns: none where ``acquire(_:)`` knows more.
    /// - Throws: `ServiceError` when its model has no place in memory.
    nonisolated func acquireNow(_ wish: Wish) throws -> ServerHolding? {
        let rotation = facts.takeTurn()
        guard rotation.isServing, gate.isOpen, entrance.isOpen(rotation.terms),
            rotation.replicas.contains(where: \.server.isReady)
        else { return nil }
        var ticket: ResidencyDesk.Ticket?
        if rotation.terms.isLocal {
            ticket = try around.desk.enterNow(id, priority: wish.priority, keepAlive: wish.keepAlive)
            if ticket == nil { return nil }
        }
        let holding = ServerHolding(desk: around.desk, ticket: ticket)
        // Whoever ends a server closes the gate first or takes the server's places away, and then counts those who have one.
        guard let lease = rotation.lease(affinity: wish.affinity), lease.replica.server.isReady, gate.isOpen else {
            return nil
        }
        holding.take(lease)
        return holding
    }
}
