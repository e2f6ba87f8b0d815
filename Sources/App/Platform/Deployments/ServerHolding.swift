import Gateway
import Hosting
import Synchronization

/// What a request holds while it is answered: a place at a replica, and its model in memory. Both are given back when nobody
/// holds this any more.
final class ServerHolding: Sendable {
    private let desk: ResidencyDesk
    private let ticket: ResidencyDesk.Ticket?
    /// At a server that takes so many requests at a time.
    private let place: UpstreamPlace?
    private let lease = Mutex<ReplicaLease?>(nil)

    init(desk: ResidencyDesk, ticket: ResidencyDesk.Ticket?, place: UpstreamPlace? = nil) {
        self.desk = desk
        self.place = place
        self.ticket = ticket
    }

    deinit {
        // The place first: by the time that the model may leave, nobody is counted at it.
        lease.withLock { $0 = nil }
        if let ticket { desk.leave(ticket) }
    }

    func take(_ lease: ReplicaLease) { self.lease.withLock { $0 = lease } }

    /// The server to ask.
    var server: any ReplicaServer {
        guard let lease = lease.withLock(\.self) else { preconditionFailure("it is handed out with a place") }
        return lease.replica.server
    }
}
