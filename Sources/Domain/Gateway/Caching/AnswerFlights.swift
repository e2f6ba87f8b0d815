/// Requests that are being answered, and those that wait for the same answer. Who waits is told once, whatever happens.
///
/// The first one computes; the next ones wait for it. When it ends without an answer that can be kept, those who waited go on
/// by themselves.
public struct AnswerFlights<Waiter: Sendable>: Sendable {
    /// A flight of one key; another one of the same key has another number.
    public struct Ticket: Sendable, Hashable {
        public let key: AnswerKey
        let number: UInt64
    }

    public enum Start: Sendable {
        /// Compute it, and say how it ended.
        case lead(Ticket)
        /// Somebody does; wait for it.
        case follow(Ticket)
        /// So many wait already, or it would wait for itself: compute it, and tell nobody.
        case alone
    }

    private struct Flight: Sendable {
        let number: UInt64
        let leader: UInt64
        /// Those that wait in sum, counted as soon as they are told to.
        var followers = 0
        var waiters: [UInt64: Waiter] = [:]
    }

    /// Requests that wait for one answer.
    public let followersMax: Int
    private var flights: [AnswerKey: Flight] = [:]
    private var count: UInt64 = 0

    public init(followersMax: Int) { self.followersMax = followersMax }

    /// Answers being computed.
    public var isEmpty: Bool { flights.isEmpty }

    /// A request begins.
    ///
    /// - Parameters:
    ///   - key: of its answer.
    ///   - caller: the client's request that it belongs to; one with several choices does not wait for itself.
    /// - Returns: what it is to do.
    public mutating func begin(_ key: AnswerKey, for caller: UInt64) -> Start {
        guard var flight = flights[key] else {
            count += 1
            flights[key] = Flight(number: count, leader: caller)
            return .lead(Ticket(key: key, number: count))
        }
        guard flight.leader != caller, flight.followers < followersMax else { return .alone }
        flight.followers += 1
        flights[key] = flight
        return .follow(Ticket(key: key, number: flight.number))
    }

    /// A follower is ready to be told.
    ///
    /// - Parameters:
    ///   - waiter: how it is told.
    ///   - id: the waiter's own number.
    ///   - ticket: what it waits for.
    /// - Returns: whether it has to wait: `false` when the flight is over.
    public mutating func wait(_ waiter: Waiter, _ id: UInt64, for ticket: Ticket) -> Bool {
        guard flights[ticket.key]?.number == ticket.number else { return false }
        flights[ticket.key]?.waiters[id] = waiter
        return true
    }

    /// A follower gives up.
    ///
    /// - Returns: the waiter, unless it was told already.
    public mutating func leave(_ id: UInt64, _ ticket: Ticket) -> Waiter? {
        guard flights[ticket.key]?.number == ticket.number else { return nil }
        flights[ticket.key]?.followers -= 1
        return flights[ticket.key]?.waiters.removeValue(forKey: id)
    }

    /// The leader is done, with an answer that was kept or without.
    ///
    /// - Returns: those who are to be told.
    public mutating func end(_ ticket: Ticket) -> [Waiter] {
        guard let flight = flights[ticket.key], flight.number == ticket.number else { return [] }
        flights[ticket.key] = nil
        return flight.waiters.sorted { $0.key < $1.key }.map(\.value)
    }
}
