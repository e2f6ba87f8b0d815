@testable import HTTPFetching
import Testing

/// The pure parts.
@Suite struct MachineTests {
    typealias Flow = ResponseFlow<Int, Int>

    private func readingFlow() -> Flow {
        var flow = Flow(capacity: 4)
        _ = flow.begin(1)
        _ = flow.headArrived()
        return flow
    }

    @Test func `a flow that is full says so once there is room`() {
        var flow = readingFlow()
        guard case .kept = flow.offer([1, 2, 3]), case .kept = flow.offer([4, 5, 6]) else {
            Issue.record("a piece is taken whole while fewer bytes wait than the capacity")
            return
        }
        guard case .full = flow.room() else { Issue.record("six bytes wait, the capacity is four"); return }
        guard case .bytes([1, 2, 3, 4, 5, 6], hasRoom: true) = flow.next(1) else { Issue.record("all at once"); return }
        guard case .wait = flow.next(2) else { Issue.record("nothing waits"); return }
        guard case .deliver(2) = flow.offer([7]) else { Issue.record("the waiter gets the piece"); return }
    }

    @Test func `what was received is read before the error`() {
        var flow = readingFlow()
        _ = flow.offer([1])
        _ = flow.finish(.shutDown)
        guard case .bytes([1], hasRoom: false) = flow.next(1) else { Issue.record("bytes first"); return }
        guard case .failure(.shutDown) = flow.next(2) else { Issue.record("then the error"); return }
        guard case .failure(.shutDown) = flow.next(3) else { Issue.record("and again"); return }
    }

    @Test func `what is there is taken without waiting`() {
        var flow = readingFlow()
        guard flow.take() == nil else { Issue.record("nothing is there yet"); return }
        _ = flow.offer([1])
        guard case .bytes([1], hasRoom: false) = flow.take() else { Issue.record("a piece is there"); return }
        guard flow.take() == nil else { Issue.record("the end is not told yet"); return }
        _ = flow.finish(nil)
        guard case .end = flow.take() else { Issue.record("the end"); return }
    }

    @Test func `a cancel before the begin refuses it`() {
        var flow = Flow(capacity: 4)
        #expect(flow.abandon().closesTransfer == false)
        guard case .refuse(7, .cancelled) = flow.begin(7) else { Issue.record("refused"); return }
    }

    @Test func `a cancel after the end closes nothing`() {
        var flow = readingFlow()
        _ = flow.finish(nil)
        #expect(flow.abandon().closesTransfer == false)
        guard case .readerGone = flow.room(), case .readerGone = flow.offer([1]) else {
            Issue.record("nobody reads")
            return
        }
    }

    private let start = Moment.now
    private let limits = Timeouts(
        connect: .seconds(1), firstByte: .seconds(2), idle: .seconds(3), total: nil)

    @Test func `the limits follow the stages of an exchange`() {
        var watch = DeadlineWatch(timeouts: limits, totalDeadline: nil, now: start)
        #expect(watch.next.map { $0 == (start + .seconds(1), .connect) } == true)
        watch.connected(hasBody: true, now: start + .seconds(1))
        #expect(watch.next.map { $0 == (start + .seconds(4), .idle) } == true)
        watch.sendingPaused(true, now: start + .seconds(2))
        #expect(watch.next == nil)
        watch.sendingPaused(false, now: start + .seconds(9))
        watch.sent(isLast: true, now: start + .seconds(10))
        #expect(watch.next.map { $0 == (start + .seconds(12), .firstByte) } == true)
        watch.headArrived(now: start + .seconds(11))
        #expect(watch.next.map { $0 == (start + .seconds(14), .idle) } == true)
        watch.receivingPaused(true, now: start + .seconds(12))
        #expect(watch.next == nil)
        watch.receivingPaused(false, now: start + .seconds(20))
        #expect(watch.next.map { $0 == (start + .seconds(23), .idle) } == true)
    }

    @Test func `the total limit counts when it is the nearer one`() {
        let watch = DeadlineWatch(timeouts: limits, totalDeadline: start + .milliseconds(500), now: start)
        #expect(watch.next.map { $0 == (start + .milliseconds(500), .total) } == true)
    }

    @Test(arguments: [
        (Duration.microseconds(1), 1), (.milliseconds(1), 1), (.milliseconds(1500), 1500), (.zero, 0),
        (.seconds(-5), 0), (.seconds(1 << 40), Int(Int32.max)),
    ]) func `durations become milliseconds, rounded up and bounded`(duration: Duration, expected: Int) {
        #expect(duration.wholeMilliseconds == expected)
    }

    @Test(arguments: [
        ("http://a/b/c?x", "d", "http://a/b/d"), ("http://a/b/c", "/d", "http://a/d"),
        ("http://a/b", "//c/d", "http://c/d"), ("http://u:p@a/b", "c", "http://a/c"),
        ("https://a/b", "http://c:81/ d", "http://c:81/%20d"),
    ]) func `a location is resolved against its URL`(base: String, location: String, expected: String) throws {
        #expect(try RemoteURL(base).resolving(location).shown == expected)
    }
}
