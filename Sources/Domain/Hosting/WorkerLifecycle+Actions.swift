extension WorkerLifecycle {
    /// What an order to start asks for.
    public enum StartAction {
        /// Launch the process, as this attempt.
        case launch(attempt: Int)
        /// It runs, is on its way, or will start when it has ended.
        case nothing
    }

    /// What an order to stop asks for.
    public enum StopAction {
        /// Ask the process to end, with a grace, and refuse these waiters.
        case terminate(attempt: Int, refuse: [Waiter])
        /// There is no process; refuse these waiters.
        case refuse([Waiter])
        case nothing
    }

    /// What a caller gets who needs the worker.
    public enum WaitAction {
        case grant(Waiter)
        /// It is kept and handed back later.
        case wait
        case refuse(Waiter, WorkerRefusal)
    }

    public enum ReadyAction {
        /// Hand the worker to these, in the order in which they came.
        case grant([Waiter])
        /// It is too late: the worker is being ended or gone.
        case nothing
    }

    public enum StalledAction {
        /// Kill the process at once; it does not listen any more.
        case kill(attempt: Int)
        case nothing
    }

    public enum ExitAction {
        /// Launch the process again at once, as this attempt.
        case launch(attempt: Int)
        /// Call `backoffElapsed` at that time.
        case wakeUp(at: Instant)
        /// It failed for good; refuse these waiters.
        case giveUp(refuse: [Waiter], lastExit: WorkerExit)
        /// It has ended as ordered.
        case settled
        /// The report is about an earlier attempt.
        case nothing
    }

    public enum BackoffAction {
        case launch(attempt: Int)
        /// Too early, or no longer wanted.
        case nothing
    }
}

extension WorkerLifecycle.StartAction: Sendable, Equatable {}
extension WorkerLifecycle.StalledAction: Sendable, Equatable {}
extension WorkerLifecycle.BackoffAction: Sendable, Equatable {}
extension WorkerLifecycle.StopAction: Equatable where Waiter: Equatable {}
extension WorkerLifecycle.WaitAction: Equatable where Waiter: Equatable {}
extension WorkerLifecycle.ReadyAction: Equatable where Waiter: Equatable {}
extension WorkerLifecycle.ExitAction: Equatable where Waiter: Equatable {}
