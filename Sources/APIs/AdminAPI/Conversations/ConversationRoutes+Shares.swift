import Conversations
import HTTPServing
import JSONText
import RequestScope
import Vocabulary

/// Links by which others may read a branch.
extension ConversationRoutes {
    var shareRoutes: [Route] {
        [
            Route(
                .get, "/api/v1/conversations/{conversation}/shares",
                Self.one("listShares", "Links to this conversation.", answer: ConversationShapes.shares)
            ) { request in
                let conversation = try await tools.conversation(of: request)
                let links = try await tools.store.shares(of: conversation.id, owner: request.owner)
                return .json(["shares": .array(links.map(\.json))])
            },
            Route(.post, "/api/v1/conversations/{conversation}/shares", Self.sharing) { try await share($0) },
            Route(
                .delete, "/api/v1/conversations/{conversation}/shares/{share}",
                Self.one("revokeShare", "Make a link useless.", .write, answer: ModelShapes.removal)
            ) { request in
                _ = try await tools.conversation(of: request)
                let id = request.parameters.string("share")
                guard try await tools.store.removeShare(id, of: request.owner) else {
                    throw ServiceError(
                        .notFound, "There is no such link.", hint: "GET …/shares lists those that there are.")
                }
                return .json(["id": .string(id), "deleted": true])
            },
            // The secret is the permission: whoever has the link may read, and nothing else.
            Route(.get, "/api/v1/shared/{secret}", Self.reading) { try await read($0) },
        ]
    }

    private func share(_ request: HTTPRequest) async throws -> HTTPResponse {
        let conversation = try await tools.conversation(of: request)
        let body = try JSONField.body(try await request.body.collect())
        let leaf: MessageID?
        let lifetime: Int?
        let title: String?
        do {
            leaf =
                try await body.optional("leaf").asyncMap { field in
                    try await tools.message(try field.string(), of: conversation).id
                } ?? conversation.head
            lifetime = try body.optional("expires_in_seconds")?.integer(in: 60...315_360_000)
            title = try body.optional("title")?.keptText(bytesIn: 1...ConversationLimits.titleBytesMax)
        } catch {
            throw ServiceError(reading: error)
        }
        guard let leaf else {
            throw ServiceError(.invalidValue, "The conversation has no message to show.", hint: "Add one first.")
        }
        let secret = tools.secret()
        let now = tools.now()
        var random = SystemRandomNumberGenerator()
        let link = ShareLink(
            id: "share_" + sortableSuffix(millisecondsSinceEpoch: now.rawValue / 1000, using: &random),
            conversation: conversation.id, leaf: leaf, digest: secret.digest, title: title, created: now,
            expires: lifetime.map { now + .seconds($0) })
        try await tools.store.add(link, of: request.owner)
        guard case .object(var told) = link.json else { preconditionFailure("a link is told as an object") }
        // Only now: what is kept is the digest.
        told["secret"] = .string(secret.text)
        // The page of the link. Behind the hash, which browsers send to nobody, so that no log of pages has the secret.
        told["path"] = .string("/app/shared#\(secret.text)")
        return .json(.object(told), status: .created)
    }

    /// A revoked link, one that has run out and one that never was look the same.
    private func read(_ request: HTTPRequest) async throws -> HTTPResponse {
        let secret = request.parameters.string("secret")
        let gone = ServiceError(
            .notFound, "This link leads nowhere.", hint: "It may have been revoked or have expired: ask who sent it.")
        guard secret.utf8.count <= 128, let found = try await tools.store.share(digest: tools.digest(secret)),
            found.link.isValid(at: tools.now()),
            let conversation = try await tools.store.find(found.link.conversation, of: found.owner)
        else { throw gone }
        let tree = try await tools.store.tree(conversation.id, of: found.owner)
        let messages = try await tools.store.messages(tree.path(to: found.link.leaf), of: found.owner)
        var response = HTTPResponse.json([
            "title": .string(found.link.title ?? conversation.title),
            "expires_at": found.link.expires.map { .string($0.rfc3339) } ?? .null,
            "messages": .array(messages.map(Self.shown)),
        ])
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response
    }

    /// What strangers see: no ids, no reports, nothing of the system prompt.
    private static func shown(_ message: Message) -> JSONValue {
        guard message.role != .system, message.role != .developer else {
            return ["role": .string(message.role.rawValue), "content": .null]
        }
        var shown: JSONObject = [
            "role": .string(message.role.rawValue), "content": message.content,
            "created_at": .string(message.created.rfc3339),
        ]
        shown["reasoning_content"] = message.reasoning.map(JSONValue.string)
        shown["model"] = message.model.map(JSONValue.string)
        if !message.citations.isEmpty { shown["citations"] = .array(message.citations) }
        return .object(shown)
    }
}

extension Optional {
    fileprivate func asyncMap<Result>(_ body: (Wrapped) async throws -> Result) async rethrows -> Result? {
        guard let self else { return nil }
        return try await body(self)
    }
}
