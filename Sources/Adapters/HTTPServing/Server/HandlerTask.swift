/// One request's task, from the handler's first line to the last byte of a stream.
enum HandlerTask {
    /// Starts on the calling thread and returns at the handler's first suspension or at its end. The caller owns the
    /// task: it cancels it when the client is gone.
    static func start(_ request: HTTPRequest, _ handler: @escaping HTTPHandler, _ transfer: Transfer) -> Task<
        Void, Never
    > {
        Task.immediate { await serve(request, handler, transfer) }
    }

    private static func serve(_ request: HTTPRequest, _ handler: HTTPHandler, _ transfer: Transfer) async {
        let response = await response(to: request, handler)
        switch response.body {
        case .bytes, .file:
            transfer.offer(response)
        case .stream(_, let produce):
            transfer.offer(response)
            guard request.method != .head else { return }
            do {
                try await produce(BodyWriter(sink: .transfer(transfer)))
                transfer.endDownload(isFailure: false)
            } catch {
                transfer.endDownload(isFailure: true)
            }
        case .webSocket(let options, let serve):
            let socket = WebSocket(options: options, wake: transfer.wake)
            transfer.offer(response, upgradingTo: socket)
            await socket.serve(serve)
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
