import Synchronization
import Testing

@testable import Streaming

@Suite struct OutletMachineTests {
    private func text(_ action: OutletMachine<String, Int>.NextAction) -> String {
        switch action {
        case .element(let element, let hasNewRoom): hasNewRoom ? "\(element)+room" : element
        case .ended(let error): error == nil ? "|" : "!"
        case .wait: "."
        }
    }

    @Test func `elements come out in order and the end comes last`() {
        var machine = OutletMachine<String, Int>(capacity: 4)
        #expect(machine.offer("a").0 == .accepted)
        #expect(machine.offer("b").0 == .accepted)
        #expect(machine.end([], nil) == nil)
        #expect((0..<3).map { _ in text(machine.next()) } == ["a", "b", "|"])
    }

    @Test func `a refused offer is followed by one notice of room`() {
        var machine = OutletMachine<String, Int>(capacity: 2)
        _ = machine.offer("a")
        _ = machine.offer("b")
        #expect(machine.offer("c").0 == .full)
        #expect(text(machine.next()) == "a+room")
        #expect(text(machine.next()) == "b")
        #expect(machine.offer("c").0 == .accepted)
        #expect(text(machine.next()) == "c")
        #expect(text(machine.next()) == ".")
    }

    @Test func `closing elements are kept beyond the capacity`() {
        var machine = OutletMachine<String, Int>(capacity: 1)
        _ = machine.offer("a")
        _ = machine.end(["b", "c"], nil)
        #expect((0..<4).map { _ in text(machine.next()) } == ["a", "b", "c", "|"])
    }

    @Test func `an offer resumes the parked reader once`() {
        var machine = OutletMachine<String, Int>(capacity: 2)
        #expect(text(machine.next()) == ".")
        #expect(machine.park(7) == false)
        #expect(machine.offer("a").1 == 7)
        #expect(machine.offer("b").1 == nil)
    }

    @Test func `a reader that parks late is sent on at once`() {
        var machine = OutletMachine<String, Int>(capacity: 2)
        #expect(text(machine.next()) == ".")
        _ = machine.offer("a")
        #expect(machine.park(7) == true)
        _ = machine.next()
        _ = machine.end([], nil)
        #expect(machine.park(8) == true)
    }

    @Test func `after the reader left nothing is kept`() {
        var machine = OutletMachine<String, Int>(capacity: 2)
        #expect(machine.park(7) == false)
        let (waiter, wasOpen) = machine.readerLeft()
        #expect(waiter == 7 && wasOpen)
        #expect(machine.offer("a").0 == .readerGone)
        #expect(machine.readerLeft().wasOpen == false)
    }

    @Test func `a reader that leaves after the end is no surprise`() {
        var machine = OutletMachine<String, Int>(capacity: 2)
        _ = machine.offer("a")
        _ = machine.end([], nil)
        #expect(machine.readerLeft().wasOpen == false)
    }
}

@Suite(.timeLimit(.minutes(1))) struct OutletTests {
    private struct Broken: Error {}

    @Test func `a producer that respects refusals loses nothing`() async throws {
        let (roomSignal, room) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let outlet = Outlet<Int>(capacity: 3, onRoom: { room.yield() })
        let stream = outlet.stream()
        let producer = Task {
            var signals = roomSignal.makeAsyncIterator()
            for number in 0..<5_000 {
                while outlet.offer(number) == .full { await signals.next() }
            }
            outlet.end()
        }
        var received: [Int] = []
        for try await number in stream { received.append(number) }
        await producer.value
        #expect(received == Array(0..<5_000))
    }

    @Test func `an error arrives after what was buffered`() async throws {
        let outlet = Outlet<Int>(capacity: 3)
        let stream = outlet.stream()
        _ = outlet.offer(1)
        outlet.end(throwing: Broken())
        var iterator = stream.makeAsyncIterator()
        #expect(try await iterator.next() == 1)
        await #expect(throws: Broken.self) { try await iterator.next() }
    }

    @Test func `a reader that is not woken yet gets all that has come by then`() async throws {
        let outlet = Outlet<Int>(capacity: 8)
        let stream = outlet.stream()
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        let reader = Task {
            begin.yield()
            var read: [Int] = []
            for try await number in stream { read.append(number) }
            return read
        }
        var signals = begun.makeAsyncIterator()
        await signals.next()
        var readers = SleepingReaders()
        for number in 0..<3 { #expect(outlet.offer(number, waking: &readers) == .accepted) }
        readers.wake()
        readers.wake()
        outlet.end(with: [3])
        #expect(try await reader.value == [0, 1, 2, 3])
    }

    @Test func `what is here is taken without waiting, and the end only by who waits`() async throws {
        struct Broken: Error {}
        let noticed = Mutex(0)
        let outlet = Outlet<Int>(capacity: 2, onRoom: { noticed.withLock { $0 += 1 } })
        var reader = outlet.stream().makeAsyncIterator()
        #expect(reader.nextReady() == nil)
        #expect([1, 2, 3].map(outlet.offer) == [.accepted, .accepted, .full])
        #expect(reader.nextReady() == 1 && noticed.withLock { $0 } == 1)
        outlet.end(with: [9], throwing: Broken())
        #expect((0..<3).map { _ in reader.nextReady() } == [2, 9, nil])
        await #expect(throws: Broken.self) { try await reader.next() }
    }

    @Test func `dropping the stream unread tells the producer`() async throws {
        let gone = Atomic(0)
        let outlet = Outlet<Int>(capacity: 3, onReaderGone: { gone.add(1, ordering: .relaxed) })
        do { _ = outlet.stream() }
        #expect(gone.load(ordering: .relaxed) == 1)
        #expect(outlet.offer(1) == .readerGone)
    }

    @Test func `cancelling the reading task tells the producer and ends the wait`() async throws {
        let (goneSignal, gone) = AsyncStream.makeStream(of: Void.self)
        let outlet = Outlet<Int>(capacity: 3, onReaderGone: { gone.yield() })
        let stream = outlet.stream()
        let reader = Task { for try await _ in stream {} }
        reader.cancel()
        await #expect(throws: CancellationError.self) { try await reader.value }
        var signals = goneSignal.makeAsyncIterator()
        await signals.next()
        #expect(outlet.offer(1) == .readerGone)
    }
}
