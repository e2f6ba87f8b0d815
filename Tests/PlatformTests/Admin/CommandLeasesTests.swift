import Testing
import Vocabulary

@testable import Platform

@Suite struct CommandLeasesTests {
    @Test func `who holds one is waited for, and nobody gets one afterwards`() async throws {
        let leases = CommandLeases()
        let first = try leases.take()
        let second = try leases.take()
        let closing = Task { await leases.close() }
        leases.give(first.number)
        #expect(leases.count == 1)
        leases.give(second.number)
        await closing.value
        let error = #expect(throws: ServiceError.self) { try leases.take() }
        #expect(error?.code == .modelUnavailable)
    }

    @Test func `nobody is waited for where nobody is`() async {
        let leases = CommandLeases()
        await leases.close()
        #expect(throws: ServiceError.self) { try leases.take() }
    }

    @Test func `an order to end ends the leases, too`() async throws {
        let leases = CommandLeases()
        let (number, end) = try leases.take()
        let closing = Task { await leases.close() }
        leases.closeNow()
        await closing.value
        for await _ in end {}
        leases.give(number)
        #expect(leases.count == 0)
    }

    @Test func `there is a bound`() throws {
        let leases = CommandLeases()
        for _ in 0..<CommandLeases.countMax { _ = try leases.take() }
        #expect(throws: ServiceError.self) { try leases.take() }
        #expect(leases.count == CommandLeases.countMax)
    }
}
