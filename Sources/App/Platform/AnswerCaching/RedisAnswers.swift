import Gateway
import Redis
import Vocabulary

/// Cached answers in Redis, for several nodes: a hash for each, which Redis itself lets go of when its time is over.
///
/// How much room there is says Redis (`maxmemory`, with a policy such as `volatile-lru`). Forgetting looks at every answer's description, which is
/// slow and rare.
struct RedisAnswers: AnswerStore {
    private static let prefix = "nexus:answer:"
    /// Keys looked at in one round.
    private static let scanCount: Int64 = 512
    /// Answers of one order to Redis.
    private static let orderMax = 64

    private let client: RedisClient

    init(_ client: RedisClient) { self.client = client }

    func find(_ key: AnswerKey) async throws -> CachedAnswer? {
        let reply = try await client.send("HMGET", Self.name(key), "description", "payload")
        let values = try reply.listValue()
        guard values.count == 2, let description = try values[0].bytesValue(), let payload = try values[1].bytesValue()
        else { return nil }
        return CachedAnswer(description: description, payload: payload)
    }

    func keep(_ batch: AnswerBatch, within bounds: AnswerBounds, at now: Int64) async throws -> [AnswerKey] {
        // First, because a new answer may have taken the place of a damaged one.
        var commands: [[RedisArgument]] = batch.damaged.map { ["DEL", Self.name($0)] }
        for answer in batch.answers {
            let name = Self.name(answer.key)
            commands.append([
                "HSET", name, "description", RedisArgument(answer.descriptionBytes), "payload",
                RedisArgument(answer.payload), "hits", 0,
            ])
            commands.append(["PEXPIREAT", name, RedisArgument(answer.expiresAt / 1_000)])
        }
        // Only of answers that are there: a count alone would be a hash without an end.
        for (key, uses) in batch.uses {
            commands.append(["EVAL", RedisArgument(Self.countScript), 1, Self.name(key), RedisArgument(Int64(uses))])
        }
        for start in stride(from: 0, to: commands.count, by: Self.orderMax) {
            for reply in try await client.pipeline(Array(commands[start..<min(start + Self.orderMax, commands.count)]))
            {
                if case .failure(let error) = reply { throw error }
            }
        }
        let written = Set(batch.answers.map(\.key))
        return batch.damaged.filter { !written.contains($0) }
    }

    private static let countScript =
        "if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HINCRBY', KEYS[1], 'hits', ARGV[1]) end return 1"

    func forget(_ selection: AnswerSelection) async throws -> Int {
        if case .key(let key) = selection.part, selection.tenant == nil {
            return Int(try await client.send("DEL", Self.name(key)).integerValue())
        }
        var count = 0
        try await forEach { answer, _ in
            guard selection.includes(answer) else { return }
            count += Int(try await client.send("DEL", Self.name(answer.key)).integerValue())
        }
        return count
    }

    func keys(at now: Int64) async throws -> [AnswerKey: Int64] {
        var keys: [AnswerKey: Int64] = [:]
        // Redis knows when their times end, and whoever finds one looks at it again.
        try await forEachName { names in for key in names.compactMap(Self.key) { keys[key] = .max } }
        return keys
    }

    func list(_ selection: AnswerSelection, limit: Int, at now: Int64) async throws -> [AnswerLine] {
        var lines: [AnswerLine] = []
        try await forEach { answer, hits in
            guard selection.includes(answer), answer.expiresAt > now else { return }
            lines.append(AnswerLine(answer, hits: hits))
            guard lines.count >= 2 * max(1, limit) else { return }
            lines.sort { $0.writtenAt > $1.writtenAt }
            lines.removeLast(lines.count - limit)
        }
        return lines.sorted { $0.writtenAt > $1.writtenAt }.prefix(limit).map(\.self)
    }

    // MARK: Names

    private static func name(_ key: AnswerKey) -> RedisArgument { RedisArgument(prefix + key.description) }

    private static func key(_ name: [UInt8]) -> AnswerKey? {
        AnswerKey(String(decoding: name.dropFirst(prefix.utf8.count), as: UTF8.self))
    }

    private func forEachName(_ body: ([[UInt8]]) async throws -> Void) async throws {
        var cursor: [UInt8] = Array("0".utf8)
        repeat {
            let reply = try await client.send(
                "SCAN", RedisArgument(cursor), "MATCH", RedisArgument(Self.prefix + "*"), "COUNT",
                RedisArgument(Self.scanCount))
            let parts = try reply.listValue()
            guard parts.count == 2, let next = try parts[0].bytesValue() else {
                throw ServiceError(.internalError, "Redis told no names.")
            }
            try await body(try parts[1].listValue().compactMap { try $0.bytesValue() })
            cursor = next
        } while cursor != Array("0".utf8)
    }

    /// Each answer without its payload, whose length alone is told.
    private func forEach(_ body: (CachedAnswer, _ hits: Int) async throws -> Void) async throws {
        try await forEachName { names in
            let replies = try await client.pipeline(
                names.map { ["HMGET", RedisArgument($0), "description", "hits"] })
            for reply in replies {
                // It may have gone since its name was told.
                guard case .list(let values) = reply, values.count == 2,
                    let description = try values[0].bytesValue(),
                    let answer = CachedAnswer(description: description, payload: [])
                else { continue }
                try await body(answer, values[1] == .nothing ? 0 : Int(try values[1].integerValue()))
            }
        }
    }
}

extension AnswerLine {
    fileprivate init(_ answer: CachedAnswer, hits: Int) {
        self.init(
            key: answer.key, kind: answer.kind, tenant: answer.tenant, model: answer.model, tags: answer.tags,
            writtenAt: answer.writtenAt, expiresAt: answer.expiresAt, promptTokens: answer.promptTokens,
            completionTokens: answer.completionTokens, bytes: answer.byteCount, hits: hits)
    }
}
