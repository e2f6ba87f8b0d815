import Synchronization
import Testing

@testable import Platform

@Suite struct BackgroundTasksTests {
    private enum Work: Hashable { case short, first, second }

    @Test func `works are cancelled by name, and waited for`() async {
        let ended = Mutex<[String]>([])
        let note: @Sendable (String) -> Void = { name in ended.withLock { $0.append(name) } }
        let wait: @Sendable () async -> Void = {
            do { try await Task.sleep(for: .seconds(3_600)) } catch { return }
        }
        let tasks = BackgroundTasks<Work>([
            .short: { note("short") },
            .first: {
                await wait()
                note("first")
            },
            .second: {
                await wait()
                note("second")
            },
        ])
        await tasks.end(of: .short)
        #expect(ended.withLock { $0 } == ["short"])
        tasks.cancel(.second)
        await tasks.end(of: .second)
        #expect(ended.withLock { $0 } == ["short", "second"])
        tasks.cancel(.first, .short)
        await tasks.end(of: .first, .second)
        #expect(ended.withLock { $0 } == ["short", "second", "first"])
    }
}
