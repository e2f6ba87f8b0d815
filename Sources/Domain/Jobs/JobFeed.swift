import Synchronization

/// Tells subscribers in this process what becomes of jobs.
///
/// A subscriber that reads slowly misses steps on the way, never the latest state of a job: only the newest record
/// of each job
/// waits for it. When more jobs than ``waitingMax`` wait, those that changed longest ago go first.
final class JobFeed: Sendable {
    /// Jobs whose newest record waits for one subscriber.
    static let waitingMax = 1_024

    fileprivate struct Subscriber {
        var waiting: [JobID: JobRecord] = [:]
        var order: [JobID] = []
        let job: JobID?
        let bell: AsyncStream<Void>.Continuation
    }

    private struct Subscribers {
        var next = 0
        var byNumber: [Int: Subscriber] = [:]
    }

    private let subscribers = Mutex(Subscribers())

    func publish(_ record: JobRecord) {
        let bells = subscribers.withLock { subscribers in
            var bells: [AsyncStream<Void>.Continuation] = []
            for number in subscribers.byNumber.keys {
                guard let job = subscribers.byNumber[number]?.job ?? Optional(record.id), job == record.id else {
                    continue
                }
                subscribers.byNumber[number]?.add(record)
                if let bell = subscribers.byNumber[number]?.bell { bells.append(bell) }
            }
            return bells
        }
        for bell in bells { bell.yield() }
    }

    /// - Parameter job: only this one; `nil` is all.
    /// - Returns: its records as they change from now on.
    func subscribe(to job: JobID?) -> JobEvents {
        let (rings, bell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let number = subscribers.withLock { subscribers in
            subscribers.next += 1
            subscribers.byNumber[subscribers.next] = Subscriber(job: job, bell: bell)
            return subscribers.next
        }
        bell.onTermination = { [weak self] _ in self?.drop(number) }
        return JobEvents(rings: rings) { [weak self] in self?.take(number) }
    }

    /// Ends all streams.
    func finish() {
        let bells = subscribers.withLock { $0.byNumber.values.map(\.bell) }
        for bell in bells { bell.finish() }
    }

    var subscriberCount: Int { subscribers.withLock { $0.byNumber.count } }

    private func drop(_ number: Int) { subscribers.withLock { $0.byNumber[number] = nil } }
    private func take(_ number: Int) -> JobRecord? { subscribers.withLock { $0.byNumber[number]?.take() } }
}

extension JobFeed.Subscriber {
    fileprivate mutating func add(_ record: JobRecord) {
        if waiting.updateValue(record, forKey: record.id) == nil { order.append(record.id) }
        if order.count > JobFeed.waitingMax { waiting[order.removeFirst()] = nil }
    }

    fileprivate mutating func take() -> JobRecord? {
        guard let id = order.first else { return nil }
        order.removeFirst()
        return waiting.removeValue(forKey: id)
    }
}

/// Records of jobs as they change. One reader; dropping it ends the subscription.
public struct JobEvents: AsyncSequence, Sendable {
    public typealias Element = JobRecord

    let rings: AsyncStream<Void>
    let take: @Sendable () -> JobRecord?

    public func makeAsyncIterator() -> Iterator { Iterator(rings: rings.makeAsyncIterator(), take: take) }

    public struct Iterator: AsyncIteratorProtocol {
        var rings: AsyncStream<Void>.Iterator
        let take: @Sendable () -> JobRecord?

        /// The next change; `nil` when the runner has ended, or this task was cancelled.
        public mutating func next() async -> JobRecord? {
            while true {
                if let record = take() { return record }
                guard await rings.next(isolation: #isolation) != nil else { return nil }
            }
        }
    }
}
