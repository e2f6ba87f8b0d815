import Foundation
import Streaming
import Synchronization
import Testing

/// Where tasks go on that prefer the thread that resumes them.
@Suite(.timeLimit(.minutes(1))) struct LocalExecutorTests {
    private typealias Waiter = UnsafeContinuation<Void, Never>

    /// A task that waits to be resumed, and notes on which thread it has gone on.
    private final class Sleeper: Sendable {
        private let waiter = Mutex<Waiter?>(nil)
        private let place = Mutex<pthread_t?>(nil)
        private let afterwards: @Sendable () -> Void

        init(afterwards: @escaping @Sendable () -> Void = {}) { self.afterwards = afterwards }

        var thread: pthread_t? { place.withLock { $0 } }

        /// Returns when it waits.
        func start() async -> Task<Void, Never> {
            let task = Task(executorPreference: LocalExecutor.shared) { [self] in
                await withUnsafeContinuation { waiter in self.waiter.withLock { $0 = waiter } }
                note()
                afterwards()
            }
            while waiter.withLock({ $0 == nil }) { await Task.yield() }
            return task
        }

        // A function that does not wait may ask for its thread.
        private func note() { place.withLock { $0 = pthread_self() } }

        func resume() { waiter.withLock { $0 }?.resume() }
    }

    /// Runs `body` on a thread of its own, and returns which one it was.
    private static func onThread(_ body: @escaping @Sendable () -> Void) async -> pthread_t {
        await withUnsafeContinuation { ended in
            Thread.detachNewThread {
                body()
                ended.resume(returning: pthread_self())
            }
        }
    }

    @Test func `a task goes on on the thread that has resumed it`() async {
        let sleeper = Sleeper()
        let task = await sleeper.start()
        let wasThere = Atomic(false)
        let thread = await Self.onThread {
            LocalRunQueue(timeMax: .seconds(1)).run { sleeper.resume() }
            // When the call returns the step has been run.
            wasThere.store(sleeper.thread == pthread_self(), ordering: .sequentiallyConsistent)
        }
        await task.value
        let isThere = wasThere.load(ordering: .sequentiallyConsistent)
        #expect(isThere)
        #expect(sleeper.thread == thread)
    }

    @Test func `a thread that offers nothing leaves it to the pool`() async {
        let sleeper = Sleeper()
        let task = await sleeper.start()
        let mayEnd = DispatchSemaphore(value: 0)
        async let thread = Self.onThread {
            sleeper.resume()
            // The thread lives on, so that no other one can have its name.
            mayEnd.wait()
        }
        await task.value
        mayEnd.signal()
        #expect(await sleeper.thread != thread)
    }

    @Test func `what a step resumes in turn is left to the pool`() async {
        let other = Sleeper()
        let sleeper = Sleeper { other.resume() }
        let tasks = [await other.start(), await sleeper.start()]
        let mayEnd = DispatchSemaphore(value: 0)
        async let thread = Self.onThread {
            LocalRunQueue(timeMax: .seconds(1)).run { sleeper.resume() }
            mayEnd.wait()
        }
        for task in tasks { await task.value }
        mayEnd.signal()
        let local = await thread
        #expect(sleeper.thread == local)
        #expect(other.thread != local)
    }

    @Test func `when the time is over the rest is left to the pool`() async {
        let sleepers = (0..<3).map { _ in Sleeper() }
        var tasks: [Task<Void, Never>] = []
        for sleeper in sleepers { tasks.append(await sleeper.start()) }
        let mayEnd = DispatchSemaphore(value: 0)
        async let thread = Self.onThread {
            LocalRunQueue(timeMax: .zero).run { for sleeper in sleepers { sleeper.resume() } }
            mayEnd.wait()
        }
        for task in tasks { await task.value }
        mayEnd.signal()
        let local = await thread
        #expect(sleepers.map { $0.thread == local } == [true, false, false])
    }
}
