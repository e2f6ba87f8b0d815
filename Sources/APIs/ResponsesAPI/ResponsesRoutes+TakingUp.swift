import Conversations
import JSONText
import OpenAIAPI
import Vocabulary

/// Responses of the background whose server has died: what was acknowledged is written, by another process.
extension ResponsesRoutes {
    /// Begins again what servers that died have left unfinished: each in the name of who asked, by one process only, and so
    /// often at most. What cannot be begun has failed.
    ///
    /// - Throws: errors of the store; what was not looked at is found the next time.
    public func takeUpLost() async throws {
        guard let memory else { return }
        for lease in try await memory.lost() {
            guard background.answers.hasRoom(for: lease.owner), try await memory.claim(lease),
                let response = try await memory.responses.response(lease.id, of: lease.owner)
            else { continue }
            do {
                try await takeUp(response, memory)
            } catch {
                // Whatever it is: this process is its writer now, and nobody else would end it.
                let reason = error as? ServiceError ?? Self.unreadable(error)
                _ = try await memory.failed(response, reason)
            }
        }
    }

    private static func unreadable(_ error: any Error) -> ServiceError {
        ServiceError(
            .internalError, "The server that wrote this response ended, and it could not be begun again.",
            hint: "Ask again.", detail: String(reflecting: error))
    }

    /// - Throws: why it cannot be begun; a `ServiceError` where that is for whoever asked.
    private func takeUp(_ response: StoredResponse, _ memory: ResponseMemory) async throws {
        guard let pending = response.pending.flatMap(PendingRequest.init), let id = RequestID(response.id) else {
            throw ServiceError(.internalError, "The server that wrote this response ended before it was whole.")
        }
        guard response.attempts <= ResponseMemory.attemptsMax else {
            throw ServiceError(
                .internalError,
                "The servers that wrote this response ended before it was whole, \(response.attempts) times.",
                hint: "It may be what ends them; ask for less at once.")
        }
        let principal = try await asker(response, pending)
        try await background.standing.within(principal, pending.testimony, id) {
            try await begin(response, pending, id, memory)
        }
    }

    /// Who asked for a response, as they are by now.
    ///
    /// - Throws: why nothing can be begun for them.
    private func asker(_ response: StoredResponse, _ pending: PendingRequest) async throws -> Principal {
        var reason = "Their credential has ended."
        do {
            let found = try await background.standing.principal(
                response.owner.user, pending.origin, pending.testimony)
            if let found, DataOwner(found) == response.owner { return found }
        } catch let error as ServiceError where error.code == .unauthenticated {
            reason = error.message
        }
        throw ServiceError(
            .unauthenticated,
            "The server that wrote this response ended, and it cannot be begun again in the name of who asked. \(reason)",
            hint: "Ask again.")
    }

    /// Begins one, in the name of who asks now.
    private func begin(
        _ response: StoredResponse, _ pending: PendingRequest, _ id: RequestID, _ memory: ResponseMemory
    ) async throws {
        let request = try await read(
            JSONField(pending.body), id: id, try NexusFields.scheduling(pending.headers),
            suffix: String(response.id.dropFirst("resp_".count)), memory
        ).reportingLoading
        let created = response.body["created_at"]?.integer ?? response.created / 1_000_000
        let keeper = ResponseKeeper(memory, request, input: response.input)
        try background.answers.start(response.id, of: response.owner, parameter: "background") { log in
            let model = await source.servedName(for: request.generation.model)
            await write(request, model: model, created: created, keeper, log)
        }
    }
}
