import Configuration
import HTTPFetching
import Processes
import Telemetry

/// What goes on beside requests while the platform runs.
enum BackgroundWork: Hashable, Sendable {
    case accounts, federation, jobs, caching, surfaces, admission, conversations, memories, residency, tracing
}

extension ServerParts {
    /// Begins what goes on beside requests.
    func start() -> BackgroundTasks<BackgroundWork> {
        let isServing = server.purpose == .serving
        let isAlone = server.configuration.storage == .embedded
        return BackgroundTasks([
            .accounts: { await base.access.run() },
            .federation: { await federation.run() },
            .jobs: {
                await hub.settleLeftovers()
                await jobs.run()
            },
            .caching: { await answers.run() },
            .surfaces: { await surfaces.run(isServing: isServing) },
            .admission: { await admission.run() },
            .conversations: { if isServing { await conversations.run(isAlone: isAlone) } },
            .memories: { if isServing { await remembering.run(isAlone: isAlone) } },
            .residency: { await hosting.memory.run(hosting.residents, preloads: isServing) },
            .tracing: { await hosting.tracing.run() },
        ])
    }

    /// Lets running requests finish, and ends everything that was begun, so that nobody is left without what they need to
    /// end: those who ask before those who answer, and what is written down last.
    ///
    /// - Parameters:
    ///   - servers: take no more requests from now on.
    ///   - tasks: what ``start()`` began.
    ///   - deadline: how long running requests may go on.
    func drain(_ servers: Listeners, _ tasks: BackgroundTasks<BackgroundWork>, deadline: Duration) async {
        // First, because those who follow its events would otherwise be waited for.
        tasks.cancel(.jobs)
        base.catalog.endFollowing()
        hosting.deployments.endLogs()
        tasks.cancel(.residency, .caching, .accounts, .federation, .conversations, .memories, .surfaces)
        await servers.shutDown(deadline: deadline)

        await routing.shutDown()
        await conversations.desk.shutDown()
        await tasks.end(of: .memories)
        await surfaces.shutDown()
        await tasks.end(of: .surfaces)
        tasks.cancel(.admission)
        await tasks.end(of: .admission)
        await admission.close()

        await hosting.deployments.shutDown()
        await tasks.end(of: .jobs, .residency, .caching)
        await answers.close()
        await tasks.end(of: .accounts, .federation)
        await hosting.memory.close()
        await hub.shutDown()
        await hosting.launcher.shutDown()

        hosting.tracing.finish()
        await tasks.end(of: .tracing)
        await hosting.client.shutDown()
    }
}
