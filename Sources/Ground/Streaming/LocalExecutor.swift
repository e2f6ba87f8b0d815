import Glibc

/// Runs a task's next step on the thread that has resumed the task, where that thread keeps a ``LocalRunQueue`` and has it
/// open; everywhere else on Swift's pool.
///
/// What a thread has just read is in its core's cache, and no other thread needs to be woken to go on with it.
public final class LocalExecutor: TaskExecutor {
    public static let shared = LocalExecutor()

    private init() {}

    public func enqueue(_ job: consuming ExecutorJob) {
        let step = UnownedJob(job)
        if let queue = LocalRunQueue.open { queue.add(step) } else { runElsewhere(step) }
    }

    fileprivate func run(_ step: UnownedJob) { unsafe step.runSynchronously(on: asUnownedTaskExecutor()) }

    fileprivate func runElsewhere(_ step: UnownedJob) { globalConcurrentExecutor.enqueue(ExecutorJob(step)) }
}

/// The next steps of tasks that prefer ``LocalExecutor``, for the thread that resumes them to run them itself.
///
/// Whoever keeps one chooses whose tasks it resumes this way: while a step runs, the thread does nothing else. What such a
/// step resumes in turn is somebody else's, and goes to the pool.
///
/// Not `Sendable`: made and used on one thread.
public final class LocalRunQueue {
    private var steps: [UnownedJob] = []
    private let timeMax: Duration

    /// - Parameter timeMax: when the steps of one turn have taken so long, those that are left go to the pool.
    public init(timeMax: Duration) { self.timeMax = timeMax }

    /// Calls `resume`, and then runs the next steps of the tasks that it has resumed.
    public func run(resuming resume: () -> Void) {
        unsafe pthread_setspecific(Self.key, Unmanaged.passUnretained(self).toOpaque())
        resume()
        pthread_setspecific(Self.key, nil)
        guard !steps.isEmpty else { return }
        let end = ContinuousClock.now + timeMax
        var isLate = false
        for step in steps {
            guard !isLate else {
                LocalExecutor.shared.runElsewhere(step)
                continue
            }
            LocalExecutor.shared.run(step)
            isLate = steps.count > 1 && .now >= end
        }
        steps.removeAll(keepingCapacity: true)
    }

    fileprivate func add(_ step: UnownedJob) { steps.append(step) }

    /// The calling thread's, while it resumes.
    fileprivate static var open: LocalRunQueue? {
        unsafe pthread_getspecific(key).map { unsafe Unmanaged<LocalRunQueue>.fromOpaque($0).takeUnretainedValue() }
    }

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        let status = unsafe pthread_key_create(&key, nil)
        precondition(status == 0, "the system has no key for threads left")
        return key
    }()
}
