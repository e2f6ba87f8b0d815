import CMicroHTTPD
import Streaming
import Synchronization

/// What runs for one request, from the handler's first line to the last byte of a stream. The caller of `start` owns it and
/// cancels it when the client is gone.
///
/// A stream is written by a task of its own: the memory that the handler's task has come to need goes when the response is
/// there, and a stream that waits for long keeps only what writing needs.
final class HandlerTask: Sendable {
    private struct State {
        var task: Task<Void, Never>?
        var isCancelled = false
    }

    private let state = Mutex(State())

    /// Room for the frames of a handler and of the middleware around it, in each of two pieces: more is made where they do not
    /// suffice. Chosen: with the task's own words the largest piece that jemalloc has among its small ones.
    private static let frameBytes = 14 * 1024 - 64

    /// Starts on the calling thread and returns at the handler's first suspension or at its end; where the route is not for
    /// this thread, it returns at once. Afterwards the handler goes on where it is resumed, if that thread offers to run it, and
    /// on the pool otherwise.
    static func start(_ request: HTTPRequest, _ entrance: Entrance, _ transfer: Transfer) -> HandlerTask {
        let running = HandlerTask()
        var request = request
        // Decided before there is a task: one that was started at once counts as being on the pool, and what is `@concurrent`
        // would not take it away from here.
        let startsInline = entrance.admit(&request)
        let (admitted, preference) = (request, LocalExecutor.shared)
        let task =
            startsInline
            ? Task.immediate(executorPreference: preference) {
                await running.serve(admitted, entrance.handler, transfer)
            }
            : Task(executorPreference: preference) { await running.serve(admitted, entrance.handler, transfer) }
        running.own(task, isFirst: true)
        return running
    }

    func cancel() {
        let task = state.withLock { state in
            state.isCancelled = true
            return state.task
        }
        task?.cancel()
    }

    /// The first task may have handed over before it is known here.
    private func own(_ task: Task<Void, Never>, isFirst: Bool) {
        let isLate = state.withLock { state in
            if !isFirst || state.task == nil { state.task = task }
            return state.isCancelled
        }
        if isLate { task.cancel() }
    }

    private func serve(_ request: HTTPRequest, _ handler: HTTPHandler, _ transfer: Transfer) async {
        // Each frame of more than 984 bytes would be a piece of memory of its own.
        nexus_task_make_room(Self.frameBytes)
        let response = await Self.response(to: request, handler)
        switch response.body {
        case .bytes, .file:
            transfer.offer(response)
        case .stream(_, let produce):
            transfer.offer(response)
            guard request.method != .head else { return }
            own(Task { await Self.write(produce, transfer) }, isFirst: false)
        case .webSocket(let options, let serve):
            let socket = WebSocket(options: options, wake: transfer.wake)
            transfer.offer(response, upgradingTo: socket)
            await socket.serve(serve)
        }
    }

    private static func write(
        _ produce: @Sendable (BodyWriter) async throws -> Void, _ transfer: Transfer
    ) async {
        do {
            try await produce(BodyWriter(sink: .transfer(transfer)))
            transfer.endDownload(isFailure: false)
        } catch {
            transfer.endDownload(isFailure: true)
        }
    }

    private static func response(to request: HTTPRequest, _ handler: HTTPHandler) async -> HTTPResponse {
        do {
            return try await handler(request)
        } catch {
            return ErrorResponse.problem(error, request)
        }
    }
}
