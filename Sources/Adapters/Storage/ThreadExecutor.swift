internal import Dispatch
internal import Glibc
internal import Synchronization

/// Runs an actor's jobs one after another on one thread of its own, so that blocking C never holds a thread of Swift's
/// cooperative pool. Tasks may prefer it for what they do between the actor's jobs, so that they need not change threads.
///
/// The thread keeps the executor alive until ``stop()``, which the owning actor calls in its `deinit`. The mailbox has no
/// bound of its own: a session is lent to one caller at a time, so it holds as many jobs as that caller's child tasks.
final class ThreadExecutor: SerialExecutor, TaskExecutor {
    private struct Mailbox {
        var jobs: [UnownedJob] = []
        var isStopped = false
    }

    private let mailbox = Mutex(Mailbox())
    private let arrivals = DispatchSemaphore(value: 0)

    init() throws(StorageError) {
        var thread = pthread_t()
        // Balanced in `threadMain`, which is the only place that takes the reference back.
        let retained = unsafe Unmanaged.passRetained(self)
        let status = unsafe pthread_create(&thread, nil, threadMain, retained.toOpaque())
        guard status == 0 else {
            unsafe retained.release()
            throw StorageError(.unexpected, "no thread for a database connection could be started", detail: "\(status)")
        }
        pthread_detach(thread)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        mailbox.withLock { $0.jobs.append(job) }
        arrivals.signal()
    }

    /// Ends the thread after the jobs that are already in the mailbox.
    func stop() {
        mailbox.withLock { $0.isStopped = true }
        arrivals.signal()
    }

    fileprivate func runUntilStopped() {
        // Taken in turns with the mailbox's: a job mostly queues the next one, and no memory is asked for it.
        var jobs: [UnownedJob] = []
        while true {
            arrivals.wait()
            jobs.removeAll(keepingCapacity: true)
            let isStopped = mailbox.withLock { mailbox in
                swap(&mailbox.jobs, &jobs)
                return mailbox.isStopped
            }
            for job in jobs {
                unsafe job.runSynchronously(on: asUnownedSerialExecutor())
            }
            if isStopped { return }
        }
    }
}

private func threadMain(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument = unsafe argument else { preconditionFailure("the thread is started with its executor") }
    unsafe Unmanaged<ThreadExecutor>.fromOpaque(argument).takeRetainedValue().runUntilStopped()
    return nil
}
