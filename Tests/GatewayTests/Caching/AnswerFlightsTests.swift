import Gateway
import Testing

@Suite struct AnswerFlightsTests {
    private let key = AnswerShelfTests.key("a")

    private func lead(_ flights: inout AnswerFlights<String>, _ caller: UInt64) throws -> AnswerFlights<String>.Ticket {
        guard case .lead(let ticket) = flights.begin(key, for: caller) else { throw Unexpected() }
        return ticket
    }

    private func follow(
        _ flights: inout AnswerFlights<String>, _ caller: UInt64
    ) throws -> AnswerFlights<String>.Ticket {
        guard case .follow(let ticket) = flights.begin(key, for: caller) else { throw Unexpected() }
        return ticket
    }

    private struct Unexpected: Error {}

    private func isAlone(_ flights: inout AnswerFlights<String>, _ caller: UInt64) -> Bool {
        if case .alone = flights.begin(key, for: caller) { true } else { false }
    }

    @Test func `the first one computes, those who wait are told once`() throws {
        var flights = AnswerFlights<String>(followersMax: 9)
        let ticket = try lead(&flights, 1)
        #expect(flights.wait("b", 1, for: try follow(&flights, 2)) == true)
        #expect(flights.wait("c", 2, for: try follow(&flights, 3)) == true)
        #expect(flights.end(ticket) == ["b", "c"])
        #expect(flights.end(ticket) == [] && flights.isEmpty)
    }

    @Test func `who is ready to wait when the answer is there does not wait`() throws {
        var flights = AnswerFlights<String>(followersMax: 9)
        let first = try lead(&flights, 1)
        let follower = try follow(&flights, 2)
        #expect(flights.end(first) == [])
        #expect(flights.wait("b", 1, for: follower) == false)
        // Another flight of the same key is not the one that was waited for.
        _ = try lead(&flights, 3)
        #expect(flights.wait("b", 1, for: follower) == false)
        #expect(flights.end(first) == [] && !flights.isEmpty)
    }

    @Test func `a request does not wait for itself, nor beyond the bound`() throws {
        var flights = AnswerFlights<String>(followersMax: 1)
        _ = try lead(&flights, 1)
        #expect(isAlone(&flights, 1) == true)
        let ticket = try follow(&flights, 2)
        #expect(isAlone(&flights, 3) == true)
        #expect(flights.wait("b", 7, for: ticket) == true)
        #expect(flights.leave(7, ticket) == "b")
        _ = try follow(&flights, 3)
    }
}
