import CCurl
import Glibc

/// What the client's thread is given when it starts.
final class LoopThread: Sendable {
    private let settings: HTTPClient.Configuration
    private let mailbox: LoopMailbox
    private let counts: LiveCounts

    init(settings: HTTPClient.Configuration, mailbox: LoopMailbox, counts: LiveCounts) {
        self.settings = settings
        self.mailbox = mailbox
        self.counts = counts
    }

    /// - Returns: a thread that somebody has to join or detach.
    func start() throws(FetchError) -> pthread_t {
        var thread = pthread_t()
        // Released by the thread that takes it, or below when there is no thread.
        let context = unsafe Unmanaged.passRetained(self)
        let status = unsafe pthread_create(
            &thread, nil,
            { context in
                guard let context = unsafe context else { return nil }
                let start = unsafe Unmanaged<LoopThread>.fromOpaque(context).takeRetainedValue()
                unsafe nexus_name_thread("http-fetching")
                TransferLoop.run(settings: start.settings, mailbox: start.mailbox, counts: start.counts)
                return nil
            }, context.toOpaque())
        guard status == 0 else {
            unsafe context.release()
            throw FetchError(.failed, "No thread is left.", detail: "errno \(status)")
        }
        return thread
    }
}
