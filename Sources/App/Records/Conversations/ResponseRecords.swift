public import Conversations
public import JSONText
public import Storage
import Vocabulary

/// Responses and conversations in the database. Migrations 95 to 99 are its own.
public struct ResponseRecords: ResponseStoring {
    static let migrations = [
        Migration(
            id: 95, name: "stored responses",
            sql: .shared(
                """
                CREATE TABLE api_responses (
                    id TEXT PRIMARY KEY, tenant TEXT NOT NULL, owner TEXT NOT NULL, created BIGINT NOT NULL,
                    status TEXT NOT NULL, previous TEXT, conversation TEXT, is_background BIGINT NOT NULL, writer TEXT,
                    touched BIGINT NOT NULL, input TEXT NOT NULL, body TEXT NOT NULL);
                CREATE INDEX api_responses_owner ON api_responses (tenant, owner, created);
                CREATE INDEX api_responses_created ON api_responses (created);
                CREATE TABLE api_conversations (
                    id TEXT PRIMARY KEY, tenant TEXT NOT NULL, owner TEXT NOT NULL, created BIGINT NOT NULL,
                    changed BIGINT NOT NULL, metadata TEXT NOT NULL, next_place BIGINT NOT NULL, bytes BIGINT NOT NULL);
                CREATE INDEX api_conversations_owner ON api_conversations (tenant, owner, created);
                CREATE TABLE api_conversation_items (
                    conversation TEXT NOT NULL, place BIGINT NOT NULL, id TEXT NOT NULL, item TEXT NOT NULL,
                    PRIMARY KEY (conversation, place));
                CREATE INDEX api_conversation_items_id ON api_conversation_items (conversation, id)
                """)),
        Migration(
            id: 96, name: "responses that are taken up again",
            sql: .shared(
                """
                ALTER TABLE api_responses ADD COLUMN pending TEXT;
                ALTER TABLE api_responses ADD COLUMN attempts BIGINT NOT NULL DEFAULT 0;
                CREATE INDEX api_responses_writer ON api_responses (writer) WHERE status IN ('queued', 'in_progress')
                """)),
    ]

    let database: Database
    /// Microseconds since 1970.
    let now: @Sendable () -> Int64

    public init(_ database: Database, now: @escaping @Sendable () -> Int64) {
        self.database = database
        self.now = now
    }

    private static let columns =
        "id, tenant, owner, created, status, previous, conversation, is_background, writer, touched, input, body, "
        + "pending, attempts"

    public func add(_ response: StoredResponse) async throws {
        try await database.transaction { transaction in
            try await RemovedUsers.refuse(response.owner.user, transaction)
            try await transaction.execute(
                "INSERT INTO api_responses (\(Self.columns)) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, "
                    + "$13, $14)",
                [
                    .text(response.id), .text(response.owner.tenant.name), .text(response.owner.user.text),
                    .integer(response.created), .text(response.status.rawValue),
                    response.previous.map(SQLValue.text) ?? .null, response.conversation.map(SQLValue.text) ?? .null,
                    .bool(response.isBackground), response.writer.map(SQLValue.text) ?? .null,
                    .integer(response.touched),
                    .text(JSONValue.array(response.input).text), .text(JSONValue.object(response.body).text),
                    response.pending.map { .text(JSONValue.object($0).text) } ?? .null, .int(response.attempts),
                ])
        }
    }

    public func response(_ id: String, of owner: DataOwner) async throws -> StoredResponse? {
        try await database.query(
            "SELECT \(Self.columns) FROM api_responses WHERE id = $1 AND tenant = $2 AND owner = $3",
            [.text(id), .text(owner.tenant.name), .text(owner.user.text)]
        ).first.map(Self.response)
    }

    public func chain(to id: String, of owner: DataOwner) async throws -> [StoredResponse] {
        var (newestFirst, bytes): ([StoredResponse], Int) = ([], 0)
        try await database.forEachRow(
            """
            WITH RECURSIVE chain (link, prior, depth) AS (
                SELECT id, previous, 0 FROM api_responses WHERE id = $1 AND tenant = $2 AND owner = $3
                UNION ALL
                SELECT r.id, r.previous, c.depth + 1 FROM api_responses r JOIN chain c ON r.id = c.prior
                WHERE r.tenant = $2 AND r.owner = $3 AND c.depth < \(StoredResponse.chainMax))
            SELECT \(Self.columns) FROM api_responses JOIN chain ON id = link ORDER BY depth
            """, [.text(id), .text(owner.tenant.name), .text(owner.user.text)]
        ) { row in
            bytes += try row.decode(String.self, "input").utf8.count + row.decode(String.self, "body").utf8.count
            guard bytes <= StoredResponse.chainBytesMax else {
                throw ServiceError(
                    .invalidValue,
                    "The responses before have more than \(StoredResponse.chainBytesMax >> 20) MiB together.",
                    hint: "Send what matters of the conversation as 'input'.", parameter: "previous_response_id")
            }
            newestFirst.append(try Self.response(row))
        }
        return newestFirst.reversed()
    }

    public func update(
        _ id: String, of owner: DataOwner, by writer: String, status: StoredResponse.Status, body: JSONObject,
        appending items: [JSONValue]
    ) async throws -> Bool {
        let text = JSONValue.object(body).text
        let time = now()
        return try await database.transaction { transaction in
            let rows = try await transaction.query(
                """
                UPDATE api_responses SET status = $4, body = $5, touched = $6, pending = \(status.isFinished ? "NULL" : "pending")
                WHERE id = $1 AND tenant = $2 AND owner = $3 AND status IN ('queued', 'in_progress') AND writer = $7
                RETURNING conversation
                """,
                [
                    .text(id), .text(owner.tenant.name), .text(owner.user.text), .text(status.rawValue), .text(text),
                    .integer(time), .text(writer),
                ])
            guard let row = rows.first else { return false }
            let conversation: String? = try row.decode("conversation")
            if let conversation, !items.isEmpty {
                _ = try await StoredConversationRecords.append(
                    items, to: conversation, of: owner, at: time, transaction)
            }
            return true
        }
    }

    public func unfinished(beside writer: String, countMax: Int) async throws -> [ResponseLease] {
        try await database.query(
            """
            SELECT id, tenant, owner, writer, touched FROM api_responses
            WHERE status IN ('queued', 'in_progress') AND writer <> $1 ORDER BY created, id LIMIT $2
            """, [.text(writer), .int(countMax)]
        ).map { row in
            ResponseLease(
                id: try row.decode("id"), owner: try Self.owner(row), writer: try row.decode("writer"),
                touched: try row.decode("touched"))
        }
    }

    public func claim(_ lease: ResponseLease, by writer: String, at time: Int64) async throws -> Bool {
        try await database.transaction { transaction in
            try await transaction.execute(
                """
                UPDATE api_responses SET writer = $4, touched = $5, attempts = attempts + 1
                WHERE id = $1 AND writer = $2 AND touched = $3 AND status IN ('queued', 'in_progress')
                """,
                [.text(lease.id), .text(lease.writer), .integer(lease.touched), .text(writer), .integer(time)]
            ).changes == 1
        }
    }

    public func remove(_ id: String, of owner: DataOwner) async throws -> Bool {
        try await database.transaction { transaction in
            try await !transaction.query(
                "DELETE FROM api_responses WHERE id = $1 AND tenant = $2 AND owner = $3 RETURNING id",
                [.text(id), .text(owner.tenant.name), .text(owner.user.text)]
            ).isEmpty
        }
    }

    public func touch(writer: String, at time: Int64) async throws {
        try await database.execute(
            "UPDATE api_responses SET touched = $2 WHERE writer = $1 AND status IN ('queued', 'in_progress')",
            [.text(writer), .integer(time)])
    }

    public func trim(before time: Int64, keeping countMax: Int) async throws {
        try await database.execute("DELETE FROM api_responses WHERE created < $1", [.integer(time)])
        try await database.execute(
            """
            DELETE FROM api_responses WHERE id IN (
                SELECT id FROM (
                    SELECT id, ROW_NUMBER() OVER (PARTITION BY tenant, owner ORDER BY created DESC, id DESC) AS place
                    FROM api_responses) AS ranked
                WHERE place > $1)
            """, [.int(countMax)])
    }

    private static func response(_ row: Row) throws -> StoredResponse {
        let status: String = try row.decode("status")
        let input = try JSONValue.parse(try row.decode(String.self, "input"))
        let body = try JSONValue.parse(try row.decode(String.self, "body"))
        var response = StoredResponse(
            id: try row.decode("id"), owner: try owner(row), created: try row.decode("created"),
            status: StoredResponse.Status(rawValue: status) ?? .failed, input: input.array ?? [],
            body: body.object ?? [:])
        response.previous = try row.decode("previous")
        response.conversation = try row.decode("conversation")
        response.isBackground = try row.decode("is_background")
        response.writer = try row.decode("writer")
        response.touched = try row.decode("touched")
        let pending: String? = try row.decode("pending")
        response.pending = try pending.flatMap { try JSONValue.parse($0).object }
        response.attempts = try row.decode("attempts")
        return response
    }

    private static func owner(_ row: Row) throws -> DataOwner {
        DataOwner(tenant: TenantID(try row.decode("tenant")), user: UserID(try row.decode("owner")))
    }
}
