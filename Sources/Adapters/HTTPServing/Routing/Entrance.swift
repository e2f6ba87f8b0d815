/// How the server hands a request over: it is routed on the server's thread, so that its route can say where its handler
/// starts, and answered by a task.
struct Entrance: Sendable {
    /// Finds the request's route; whether the handler starts on the server's thread.
    let admit: @Sendable (inout HTTPRequest) -> Bool
    /// Answers a request that was admitted, through all middleware.
    let handler: HTTPHandler
}
