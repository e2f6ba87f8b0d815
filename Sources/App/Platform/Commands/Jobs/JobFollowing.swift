import JSONText
import Launch
import Vocabulary

/// Shows how far a job is until it is finished.
enum JobFollowing {
    /// Follows a job with a line of progress.
    ///
    /// When the command is ended while the platform runs inside it, the job is cancelled: nobody would go on with it. A job of
    /// a running server goes on.
    ///
    /// - Parameters:
    ///   - id: of the job.
    ///   - call: whom to ask, and whether a program reads the answer.
    /// - Returns: the job as it ended.
    /// - Throws: why it failed, or that it was cancelled.
    static func follow(_ id: String, _ call: AdminCall) async throws -> JSONValue {
        var last = JSONValue.null
        do {
            last = try await progress(of: id, call)
        } catch {
            if Task.isCancelled, call.admin.isOwn { await cancel(id, call.admin) }
            throw error
        }
        if Task.isCancelled, call.admin.isOwn { await cancel(id, call.admin) }
        guard last["state"]?.string == "succeeded" else { throw failure(last) }
        return last
    }

    private static func progress(of id: String, _ call: AdminCall) async throws -> JSONValue {
        var line = ProgressLine()
        defer { line.end() }
        var last = JSONValue.null
        try await call.admin.follow("GET", "/api/v1/jobs/\(AdminClient.escaped(id))/events") { _, job in
            last = job
            if !call.isJSON, let progress = job["progress"] {
                let stage = progress["stage"]?.string ?? ""
                line.update(
                    stage.isEmpty ? job["state"]?.string ?? "" : stage, fraction: progress["fraction"]?.double,
                    detail: detail(progress))
            }
            return true
        }
        return last
    }

    /// Outside of the task that was cancelled, so that the order arrives.
    private static func cancel(_ id: String, _ admin: AdminClient) async {
        await Task {
            do {
                _ = try await admin.post("/api/v1/jobs/\(AdminClient.escaped(id))/cancel")
                // It is over when its process is gone.
                try await admin.follow("GET", "/api/v1/jobs/\(AdminClient.escaped(id))/events") { _, _ in true }
            } catch {
                StandardStream.error.write("The job \(id) could not be cancelled: \(error)\n")
            }
        }.value
    }

    /// `12 of 40 chunks`, `1.2 GB of 4.1 GB`.
    static func detail(_ progress: JSONValue) -> String {
        guard let done = progress["done"]?.integer, let total = progress["total"]?.integer, total > 0 else { return "" }
        switch progress["unit"]?.string ?? "" {
        case "bytes": return "\(PlainText.bytes(done)) of \(PlainText.bytes(total))"
        case let unit: return "\(done) of \(total) \(unit)"
        }
    }

    private static func failure(_ job: JSONValue) -> ServiceError {
        let error = job["error"]
        guard let message = error?["message"]?.string else {
            return ServiceError(
                .conflict, "The job is \(job["state"]?.string ?? "not known any more").",
                hint: "nexus jobs retry \(job["id"]?.string ?? "JOB") tries again.")
        }
        return ServiceError(
            ServiceError.Code(rawValue: error?["code"]?.string ?? ""), message, hint: error?["hint"]?.string)
    }
}
