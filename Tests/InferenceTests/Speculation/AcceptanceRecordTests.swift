import Testing

@testable import Inference

@Suite struct AcceptanceRecordTests {
    private let unseen = AcceptanceRecord(memory: 100)

    @Test func `positions share estimates in classes that grow`() {
        let classes = (0..<64).map(AcceptanceRecord.positionClass)
        #expect(classes.prefix(8) == [0, 1, 1, 2, 2, 2, 2, 3])
        #expect(classes[14] == 3 && classes[15] == 4 && classes[63] == 4)
    }

    @Test func `before anything was seen the first chances count`() {
        for source in DraftSource.allCases {
            let survival = unseen.survival(source, count: 3, shared: unseen)
            #expect(abs(survival[0] - source.firstChance) < 1e-9)
            #expect(abs(survival[2] - source.firstChance * source.firstChance * source.firstChance) < 1e-9)
        }
    }

    @Test func `survival never grows and stays between 0 and 1`() {
        var record = AcceptanceRecord(memory: 20)
        for length in [0, 3, 9, 1, 30, 0, 15] { record.note(.model, right: length, isRefused: length % 2 == 0) }
        let survival = record.survival(.model, count: 64, shared: unseen)
        #expect(survival.count == 64)
        #expect(zip(survival, survival.dropFirst()).allSatisfy { $0 >= $1 })
        #expect(survival.allSatisfy { (0...1).contains($0) })
    }

    @Test func `what is always right nears 1, what is always wrong nears 0`() {
        var (good, bad) = (AcceptanceRecord(memory: 50), AcceptanceRecord(memory: 50))
        for _ in 0..<200 {
            good.note(.match, right: 4, isRefused: false)
            bad.note(.match, right: 0, isRefused: true)
        }
        #expect(good.survival(.match, count: 4, shared: unseen)[3] > 0.9)
        #expect(bad.survival(.match, count: 4, shared: unseen)[0] < 0.03)
        #expect(good.survival(.model, count: 1, shared: unseen)[0] == DraftSource.model.firstChance, "another kind")
    }

    @Test func `old observations fade`() {
        var record = AcceptanceRecord(memory: 10)
        for _ in 0..<500 { record.note(.model, right: 0, isRefused: true) }
        for _ in 0..<30 { record.note(.model, right: 1, isRefused: false) }
        #expect(record.survival(.model, count: 1, shared: unseen)[0] > 0.7)
    }

    @Test func `an end that nobody refused says nothing about the rest`() {
        var record = AcceptanceRecord(memory: 10)
        record.note(.model, right: 2, isRefused: false)
        #expect(record.chance(.model, class: 0, prior: 0.5) > 0.5)
        var refused = record
        refused.note(.model, from: 2, right: 0, isRefused: true)
        #expect(record.chance(.model, class: 1, prior: 0.5) > refused.chance(.model, class: 1, prior: 0.5))
        #expect(record.chance(.model, class: 2, prior: 0.5) == 0.5)
    }

    @Test func `new answers begin with what others met with`() {
        var shared = AcceptanceRecord(memory: 100)
        for _ in 0..<100 { shared.note(.model, right: 0, isRefused: true) }
        #expect(unseen.survival(.model, count: 1, shared: shared)[0] < 0.1)
    }

    @Test func `the longer the agreement, the better the source`() {
        #expect(DraftSource(agreement: 3) == .shortMatch)
        #expect(DraftSource(agreement: 6) == .match)
        #expect(DraftSource(agreement: 32) == .longMatch)
    }
}
