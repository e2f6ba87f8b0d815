import Testing
import Vocabulary

@testable import Inference

@Suite struct WaitingRoomTests {
    private struct Person: Waiter {
        let key: UInt64
        var scheduling = SchedulingOptions()
        let arrived = ContinuousClock.now
        let expectedWork = 1
        func tell(position: Int) {}

        init(_ key: UInt64, _ priority: Priority) {
            self.key = key
            scheduling.priority = priority
        }
    }

    @Test func `whoever is most urgent can be taken, with a place in the queue or without`() throws {
        let room = WaitingRoom<Person>(waitingMax: 10, slots: 2)
        let everyone: @Sendable (Person) -> Bool = { _ in true }
        for person in [Person(1, .low), Person(2, .high), Person(3, .critical), Person(4, .high)] {
            try room.enter(person, mayWait: true)
        }
        var taken: [UInt64] = []
        while let urgency = room.mostUrgent(where: everyone) {
            let next = try #require(room.nextMostUrgent(.now, where: everyone))
            #expect(next.submission.scheduling.priority == urgency)
            taken.append(next.submission.key)
        }
        #expect(taken == [3, 2, 4, 1])
        #expect(room.count == 0)
    }

    @Test func `who may not start keeps its place`() throws {
        let room = WaitingRoom<Person>(waitingMax: 10, slots: 1)
        for person in [Person(1, .critical), Person(2, .low)] { try room.enter(person, mayWait: true) }
        let next = try #require(room.nextMostUrgent(.now) { $0.key != 1 })
        #expect(next.submission.key == 2 && room.count == 1)
        #expect(room.nextMostUrgent(.now) { $0.key != 1 }?.submission.key == nil)
    }
}
