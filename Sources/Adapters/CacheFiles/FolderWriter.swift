import Dispatch
import Foundation
import Synchronization

/// The thread that writes and removes files, and the state that it shares with those who ask.
final class FolderWriter: Sendable {
    let files: StateFiles
    let state: Mutex<FolderState>
    private let report: @Sendable (CacheFolderEvent) -> Void
    /// Counts what may be new for the thread.
    private let signal = DispatchSemaphore(value: 0)

    init(_ files: StateFiles, _ state: sending FolderState, report: @escaping @Sendable (CacheFolderEvent) -> Void) {
        self.files = files
        self.state = Mutex(state)
        self.report = report
    }

    /// Starts the thread. It ends after `stop()`, when it has done what waits.
    func start() {
        let thread = Thread { [self] in
            while true {
                let (jobs, isStopping) = state.withLock { state in (state.takeJobs(), state.isStopping) }
                if jobs.isEmpty {
                    if isStopping { return }
                    signal.wait()
                }
                for job in jobs { perform(job) }
            }
        }
        thread.name = "cache files"
        thread.start()
    }

    /// Tells the thread that there are jobs.
    func wake() { signal.signal() }

    func stop() {
        state.withLock { $0.isStopping = true }
        wake()
    }

    private func perform(_ job: FolderJob) {
        switch job {
        case .tell(let semaphore): semaphore.signal()
        case .remove(let name): files.remove(name)
        case .write(let name, let ticket):
            guard let waiting = state.withLock({ $0.state(of: name, ticket: ticket) }) else { return }
            var failure: String?
            do {
                try files.write(waiting, name: name)
            } catch {
                failure = "\(error)"
            }
            let event = state.withLock { $0.wrote(name, ticket: ticket, failure: failure) }
            if let event { report(event) }
        }
    }
}
