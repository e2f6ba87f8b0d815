import Access
import Cryptography
import Telemetry
import Testing
import Vocabulary

@testable import Platform

@Suite(.timeLimit(.minutes(1))) struct PasswordDeskTests {
    private static let quick = PasswordHash.Parameters(memoryBytes: 8 << 10, passes: 1)

    @Test func `passwords are told apart, and old parameters are noticed`() async throws {
        let desk = PasswordDesk(Self.quick)
        let kept = try await desk.hash(Redacted("right"))
        #expect(try await desk.verify(Redacted("right"), against: kept) == .right)
        #expect(try await desk.verify(Redacted("wrong"), against: kept) == .wrong)
        let newer = PasswordDesk(.init(memoryBytes: 16 << 10, passes: 1))
        #expect(try await newer.verify(Redacted("right"), against: kept) == .rightAndOutdated)
        #expect(try await newer.verify(Redacted("wrong"), against: kept) == .wrong)
    }

    @Test func `everybody has a turn, and a crowd is refused`() async throws {
        let desk = PasswordDesk(.init(memoryBytes: 4 << 20, passes: 1))
        let outcomes = await withTaskGroup(of: ServiceError.Code?.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    do {
                        _ = try await desk.hash(Redacted("password"))
                        return nil
                    } catch {
                        return (error as? ServiceError)?.code ?? .internalError
                    }
                }
            }
            return await group.reduce(into: [ServiceError.Code?]()) { $0.append($1) }
        }
        let done = outcomes.count { $0 == nil }
        #expect(done >= PasswordDesk.atOnceMax + PasswordDesk.waitingMax)
        #expect(outcomes.allSatisfy { $0 == nil || $0 == .overloaded })
        // And it goes on afterwards.
        #expect(try await desk.verify(Redacted("x"), against: desk.hash(Redacted("x"))) == .right)
    }
}
