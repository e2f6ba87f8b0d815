import AdminAPI
import HTTPServing
import Jobs
import Records
import Storage
import Telemetry

/// The platform's background work: the runner on the database, and its routes.
struct JobsPart: Sendable {
    let runner: JobRunner

    init(database: Database, logger: Logger) {
        runner = JobRunner(
            store: JobTable(database),
            surroundings: JobSurroundings(
                owner: ProcessOwner.current().text,
                now: { JobMoment(microseconds: UnixTime.now().nanoseconds / 1_000) },
                isGone: { ProcessOwner($0)?.isGone ?? false },
                onTrouble: { logger.error("background work", ["problem": .string($0)]) }))
    }

    /// Runs jobs until its task is cancelled.
    func run() async { await runner.run() }

    var routes: [Route] { JobRoutes(runner).routes }
}
