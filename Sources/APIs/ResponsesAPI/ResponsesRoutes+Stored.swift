import Conversations
import HTTPServing
import JSONText
import OpenAIAPI
import RequestScope
import Vocabulary

/// What can be asked of responses that are kept, and those that are written without their clients.
extension ResponsesRoutes {
    func storedRoutes(_ memory: ResponseMemory) -> [Route] {
        [
            Route(.get, "/v1/responses/{id}", ResponsesSchemas.getStored) { request in
                let stored = try await memory.response(request.parameters.string("id"))
                let query = try request.query
                guard try query.bool("stream") ?? false else { return .json(.object(stored.body)) }
                let after = try query.integer("starting_after", in: 0...Int(Int32.max)) ?? -1
                guard let log = background.answers.log(stored.id, of: memory.owner) else {
                    throw ServiceError(
                        .invalidValue, "The events of '\(stored.id)' are not kept.",
                        hint: "Only responses of the background have events for a while; get it without 'stream'.",
                        parameter: "stream")
                }
                return Self.events(of: log, after: after)
            },
            Route(.delete, "/v1/responses/{id}", ResponsesSchemas.delete) { request in
                let stored = try await memory.response(request.parameters.string("id"))
                _ = await background.answers.cancel(stored.id, of: memory.owner)
                _ = try await memory.responses.remove(stored.id, of: memory.owner)
                return .json(["id": .string(stored.id), "object": "response", "deleted": true])
            },
            Route(.post, "/v1/responses/{id}/cancel", ResponsesSchemas.cancel) { request in
                let stored = try await memory.response(request.parameters.string("id"))
                guard stored.isBackground else {
                    throw ServiceError(
                        .invalidValue, "'\(stored.id)' is not written in the background.",
                        hint: "Close its connection to end it.", parameter: "response_id")
                }
                if !stored.status.isFinished, await !background.answers.cancel(stored.id, of: memory.owner),
                    try await !memory.cancelLost(stored)
                {
                    throw ServiceError(
                        .conflict, "'\(stored.id)' is written by another server.", hint: "Ask that one.",
                        parameter: "response_id")
                }
                return .json(.object(try await memory.response(stored.id).body))
            },
            Route(.get, "/v1/responses/{id}/input_items", ResponsesSchemas.inputItems) { request in
                let stored = try await memory.response(request.parameters.string("id"))
                return .json(try ItemPage(request.query).list(stored.input))
            },
        ]
    }

    /// Begins to write a response, whoever listens.
    func begin(
        _ request: ResponseRequest, _ input: [JSONValue], _ pending: PendingRequest, model: ModelID, created: Int64,
        _ memory: ResponseMemory
    ) async throws -> HTTPResponse {
        let keeper = ResponseKeeper(memory, request, input: input)
        let queued = ResponseFrame(request, model: model, created: created).response(.queued)
        try await keeper.begin(queued, pending)
        let log: ResponseLog
        do throws(ServiceError) {
            log = try background.answers.start(keeper.id, of: memory.owner, parameter: "background") { log in
                await write(request, model: model, created: created, keeper, log)
            }
        } catch {
            _ = try await memory.responses.remove(keeper.id, of: memory.owner)
            throw error
        }
        return request.isStreaming ? Self.events(of: log, after: -1) : .json(queued)
    }

    /// Writes a response to its end, whatever that is.
    func write(
        _ request: ResponseRequest, model: ModelID, created: Int64, _ keeper: ResponseKeeper, _ log: ResponseLog
    ) async {
        var encoder = ResponseEncoder(request, model: model, created: created)
        do {
            try await keeper.update(ResponseFrame(request, model: model, created: created).response(.inProgress))
            let stream = try await source.generate(request.generation)
            try await encoder.run(stream, tell: { _ in }, send: { log.append($0) }) { ended in
                if let last = ended.last { try await keeper.update(last) }
            }
            // One that was cancelled may have ended without a word.
            if encoder.last == nil { throw CancellationError() }
            if let last = encoder.last, last["status"] == "failed" { await note(last, keeper) }
        } catch let error as ServiceError {
            log.append(encoder.failure(error))
            await note(encoder.last, keeper)
        } catch {
            if background.answers.isCancelled(keeper.id) {
                await note(encoder.cancelled(), keeper)
            } else {
                log.append(encoder.failure(background.answers.fault(keeper.id)))
                await note(encoder.last, keeper)
            }
        }
    }

    /// Keeps the end of a response, also where its own task is cancelled. What cannot be kept is found to be lost later.
    private func note(_ body: JSONValue?, _ keeper: ResponseKeeper) async {
        guard let body else { return }
        await Task {
            do { try await keeper.update(body) } catch { return }
        }.value
    }

    private static func events(of log: ResponseLog, after number: Int) -> HTTPResponse {
        .events(keepAlive: keepAlive) { writer in
            try await log.follow(after: number) { try await writer.write($0) }
        }
    }
}

extension ItemPage {
    /// `limit`, `order` and `after`.
    init(_ query: HTTPQuery) throws {
        let order = query["order"] ?? "desc"
        guard ["asc", "desc"].contains(order) else {
            throw ServiceError(.invalidValue, "'order' must be asc or desc.", parameter: "order")
        }
        self.init(
            after: query["after"], countMax: try query.integer("limit", in: 1...Self.countMaxMax) ?? 20,
            isDescending: order == "desc")
    }

    /// The page as OpenAI lists it.
    func list(_ items: [JSONValue]) throws(ServiceError) -> JSONValue {
        guard let (page, hasMore) = of(items) else {
            throw ServiceError(
                .invalidValue, "There is no item '\((after ?? "").prefix(80))' here.", parameter: "after")
        }
        return StoredItems.list(page, hasMore: hasMore)
    }
}
