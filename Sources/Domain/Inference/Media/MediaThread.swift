import Foundation
import Vocabulary

/// The thread that turns images and recordings into vectors, beside the engine's: what takes seconds there holds up no
/// answer that is being written.
///
/// First come, first served; each prompt has one job at a time, so that there are never more than running sequences.
final class MediaThread: Sendable {
    struct Job: Sendable {
        let chunk: MediaChunk
        /// Asked just before it begins: nobody computes for readers that have gone.
        let isWanted: @Sendable () -> Bool
        let then: @Sendable (Result<[Float], ServiceError>, Duration) -> Void
    }

    private enum Message: Sendable {
        case job(Job)
        case stop
    }

    private let mailbox = Mailbox<Message>()

    init(_ reader: any MediaReading) {
        let mailbox = mailbox
        let thread = Thread {
            while true {
                for message in mailbox.wait() {
                    guard case .job(let job) = message else {
                        _ = mailbox.close()
                        return
                    }
                    if job.isWanted() { Self.run(job, reader) }
                }
            }
        }
        thread.name = "media"
        thread.stackSize = 8 << 20
        thread.start()
    }

    deinit { stop() }

    func add(_ job: Job) { mailbox.post(.job(job)) }

    /// The thread ends after what it is at.
    func stop() { mailbox.post(.stop) }

    private static func run(_ job: Job, _ reader: any MediaReading) {
        let began = ContinuousClock.now
        do throws(ServiceError) {
            let vectors = try reader.encode(job.chunk)
            job.then(.success(vectors), .now - began)
        } catch {
            job.then(.failure(error), .now - began)
        }
    }
}
