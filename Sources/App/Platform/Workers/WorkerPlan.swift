import Hosting
import Processes

/// What a supervisor starts, where it listens then, and how it is known to be ready.
struct WorkerPlan: Sendable {
    /// How readiness is known.
    enum Readiness: Sendable, Equatable {
        /// It says so on standard output, as our own workers do.
        case announced
        /// A GET of this path is answered with 200.
        case probed(path: String)
    }

    /// The deployment's name, for the log and for callers.
    var name: String
    /// Made anew for each attempt, because a port may be taken by now.
    var prepare: @Sendable () throws -> (ProcessCommand, RemoteModel.Endpoint)
    /// Where it listens before the first attempt.
    var endpoint: RemoteModel.Endpoint
    var readiness = Readiness.announced
    /// One that is not ready by then is killed, and counts as failed.
    var readyWithin = Duration.seconds(600)
    var stopSignal = Signal.terminate
    var restart = RestartPolicy.always
    /// Of whom it is, for events; `nil` is a deployment with one server that is called as its model.
    var subject: WorkerSupervisor.Subject?

    /// How often one that does not announce itself is asked.
    var probeInterval: Duration { readiness == .announced ? .seconds(1) : .milliseconds(100) }

    func isStartedAgain(after exit: ProcessExit) -> Bool {
        switch restart {
        case .always: true
        case .onFailure: exit != .status(0)
        case .never: false
        }
    }
}

extension ChildProcess {
    /// Asks the process group to end in its own way, then as usual, then kills it.
    func end(_ signal: Signal, grace: Duration) async {
        guard signal != .terminate else {
            _ = await terminate(grace: grace)
            return
        }
        self.signal(signal)
        await withTaskGroup { group in
            group.addTask { _ = await self.exit() }
            group.addTask {
                do { try await Task.sleep(for: grace / 2) } catch { return }
                _ = await self.terminate(grace: grace / 2)
            }
            await group.next()
            group.cancelAll()
        }
    }
}

extension StopSignal {
    /// The same for children.
    var signal: Signal {
        switch self {
        case .terminate: .terminate
        case .interrupt: .interrupt
        case .quit: .quit
        case .hangUp: .hangUp
        }
    }
}
