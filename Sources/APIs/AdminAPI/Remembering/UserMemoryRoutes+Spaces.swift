import Conversations
import HTTPServing
import JSONText
import RequestScope
import Vocabulary

/// Contexts and their documents.
extension UserMemoryRoutes {
    private static let base = "/api/v1/contexts/{context}"

    var spaceRoutes: [Route] {
        [
            Route(
                .get, "/api/v1/contexts",
                Self.one("listContexts", "Your contexts, by name.", answer: UserMemoryShapes.contexts)
            ) { request in
                let spaces = try await tools.spaces.spaces(of: request.owner)
                return .json(["contexts": .array(spaces.map(\.json))])
            },
            Route(.post, "/api/v1/contexts", Self.makingSpace) { try await make($0) },
            Route(.get, Self.base, Self.one("showContext", "One context.", answer: UserMemoryShapes.context)) {
                request in
                .json(try await tools.space(of: request).json)
            },
            Route(.patch, Self.base, Self.changingSpace) { try await changeSpace($0) },
            Route(.delete, Self.base, Self.removingSpace) { try await removeSpace($0) },
            Route(
                .get, Self.base + "/documents",
                Self.one("listDocuments", "A context's files.", answer: UserMemoryShapes.documents)
            ) { request in
                let space = try await tools.space(of: request)
                let documents = try await tools.spaces.documents(of: space.id, owner: request.owner)
                return .json(["documents": .array(documents.map(\.json))])
            },
            Route(
                .post, Self.base + "/documents", Self.addingDocument, bodyBytesMax: ContextLimits.documentBytesMax,
                execution: .concurrent
            ) { try await addDocument($0) },
            Route(.get, Self.base + "/documents/{document}", Self.readingDocument) { try await readDocument($0) },
            Route(
                .delete, Self.base + "/documents/{document}",
                Self.one("removeDocument", "Remove a file.", .write, answer: ModelShapes.removal)
            ) { request in
                let space = try await tools.space(of: request)
                let id = request.parameters.string("document")
                guard try await tools.spaces.removeDocument(id, of: space.id, owner: request.owner) else {
                    throw Self.noDocument(id)
                }
                try await tools.forgetNotes(id, request.owner)
                return .json(["id": .string(id), "deleted": true])
            },
        ]
    }

    private func make(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try JSONField.body(try await request.body.collect())
        var random = SystemRandomNumberGenerator()
        let now = tools.now()
        var space = ContextSpace(id: ContextID(at: now, using: &random), owner: request.owner, created: now)
        do {
            _ = try body.required("name")
            try space.change(body)
        } catch {
            throw ServiceError(reading: error)
        }
        do {
            try await tools.spaces.add(space)
        } catch let refusal as SpaceRefusal {
            throw ServiceError(refusal)
        }
        return .json(space.json, status: .created)
    }

    private func changeSpace(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try JSONField.body(try await request.body.collect())
        return try await RevisedChange.of("context", body: body) { revision in
            var space = try await tools.space(of: request)
            let seen = revision ?? space.revision
            do { try space.change(body) } catch { throw ServiceError(reading: error) }
            space.revision = seen + 1
            space.updated = tools.now()
            return try await tools.spaces.replace(space, expecting: seen) ? .json(space.json) : nil
        }
    }

    /// Its conversations leave it, or are removed with it.
    private func removeSpace(_ request: HTTPRequest) async throws -> HTTPResponse {
        enum Conversations: String, CaseIterable { case keep, remove }
        let choice: Conversations = try request.query.choice("conversations") ?? .keep
        let space = try await tools.space(of: request)
        let memories = try await tools.memories.forget(.space(space.id), of: request.owner)
        let documents = try await tools.spaces.documents(of: space.id, owner: request.owner)
        guard let left = try await tools.spaces.removeSpace(space.id, of: request.owner) else {
            throw ServiceError.noContext(space.id.text)
        }
        for source in memories.map(\.text) + documents.map(\.id) { try await tools.forgetNotes(source, request.owner) }
        if choice == .remove {
            for id in left { _ = try await tools.conversations.remove(id, of: request.owner) }
        }
        return .json(["id": .string(space.id.text), "deleted": true, "conversations": .whole(left.count)])
    }

    private func addDocument(_ request: HTTPRequest) async throws -> HTTPResponse {
        let space = try await tools.space(of: request)
        let name = try request.query["name"] ?? ""
        guard (1...256).contains(name.utf8.count), !name.unicodeScalars.contains(where: { $0.value < 32 }) else {
            throw ServiceError(
                .invalidValue, "A document needs a name of 1 to 256 bytes, without control characters.",
                hint: "Send it as ?name=analysis.txt.", parameter: "name")
        }
        let type = request.headers["Content-Type"] ?? "application/octet-stream"
        let bytes = try await request.body.collect(upTo: ContextLimits.documentBytesMax)
        guard !bytes.isEmpty, type.utf8.count <= 256 else {
            throw ServiceError(
                .invalidValue, "The document is empty.", hint: "Send the file's bytes as the body of the request.")
        }
        var random = SystemRandomNumberGenerator()
        let now = tools.now()
        let document = ContextDocument(
            id: ContextDocument.newID(at: now, using: &random), context: space.id, name: name, type: type,
            byteCount: bytes.count, text: ContextDocument.text(of: bytes, type: type, name: name), created: now)
        do {
            try await tools.spaces.add(document, bytes: bytes, of: request.owner)
        } catch let refusal as SpaceRefusal {
            throw ServiceError(refusal)
        }
        return .json(document.json, status: .created)
    }

    /// The file as it is, never as a page: its type is what somebody said of it.
    private func readDocument(_ request: HTTPRequest) async throws -> HTTPResponse {
        let space = try await tools.space(of: request)
        let id = request.parameters.string("document")
        guard ContextDocument.isID(id),
            let found = try await tools.spaces.document(id, of: space.id, owner: request.owner)
        else { throw Self.noDocument(id) }
        return HTTPResponse(
            headers: [
                "Content-Type": "application/octet-stream", "Content-Disposition": "attachment",
                "X-Content-Type-Options": "nosniff",
            ], body: .bytes(found.bytes))
    }

    private static func noDocument(_ id: String) -> ServiceError {
        ServiceError(
            .notFound, "There is no document '\(id.prefix(64))'.", hint: "GET …/documents lists those of the context.")
    }
}
