public import Conversations
import JSONText
public import Storage
import Vocabulary

/// What is remembered of users, in the database.
public struct UserMemoryRecords: UserMemoryStore {
    let database: Database

    public init(_ database: Database) { self.database = database }

    static let selection = """
        SELECT memories.*, (SELECT MAX(later.id) FROM memories AS later WHERE later.replaces = memories.id) AS replaced_by
        FROM memories
        """

    public func remember(
        _ memory: UserMemory, _ change: MemoryMerge.Change, countMax: Int
    ) async throws -> RememberOutcome {
        try await database.transaction { transaction in
            let owner = memory.owner
            try await RemovedUsers.refuse(owner.user, transaction)
            if let context = memory.context {
                let mine = try await transaction.query(
                    "SELECT 1 AS one FROM context_spaces WHERE id = $1 AND tenant = $2 AND owner = $3",
                    [.text(context.text)] + owner.values)
                guard !mine.isEmpty else { throw MemoryRefusal.noContext }
            }
            let now = memory.created
            let known = try await Self.valid(of: owner, in: memory.context, at: now, transaction)
            var memory = memory
            var closing: [MemoryID]
            if let replaced = memory.replaces {
                guard known.contains(where: { $0.id == replaced }) else { throw MemoryRefusal.nothingToReplace }
                closing = [replaced]
                if case .add(let others) = MemoryMerge.decide(memory, change, among: known) {
                    closing += others.filter { $0 != replaced }
                }
            } else {
                switch MemoryMerge.decide(memory, change, among: known) {
                case .known(let id):
                    guard let same = known.first(where: { $0.id == id }) else { throw MemoryRefusal.nothingToReplace }
                    try await transaction.execute(
                        "UPDATE memories SET used = $1 WHERE id = $2 AND used < $1",
                        [.integer(now.rawValue), .text(id.text)])
                    return RememberOutcome(memory: same, closed: [], isNew: false)
                case .add(let others): closing = others
                }
                memory.replaces = change == .ended ? nil : closing.first
            }
            for id in closing {
                try await transaction.execute(
                    "UPDATE memories SET valid_to = $1, revision = revision + 1 WHERE id = $2",
                    [.integer(memory.validFrom.rawValue), .text(id.text)])
            }
            // That something is over is told by the end of what was true.
            guard change != .ended else { return RememberOutcome(memory: memory, closed: closing, isNew: false) }
            try await Self.makeRoom(for: owner, countMax, transaction)
            try await ConversationRecords.insert(UserMemoryRow.values(of: memory), into: "memories", transaction)
            return RememberOutcome(memory: memory, closed: closing, isNew: true)
        }
    }

    public func memory(_ id: MemoryID, of owner: ConversationOwner) async throws -> UserMemory? {
        try await memories([id], of: owner).first
    }

    /// Memories by id, in this order; unknown ones are left out.
    public func memories(_ ids: [MemoryID], of owner: ConversationOwner) async throws -> [UserMemory] {
        var found: [MemoryID: UserMemory] = [:]
        for start in stride(from: 0, to: ids.count, by: 500) {
            let part = ids[start..<min(ids.count, start + 500)]
            let places = (0..<part.count).map { "$\($0 + 2)" }.joined(separator: ", ")
            for row in try await database.query(
                as: UserMemoryRow.self, Self.selection + " WHERE owner_key = $1 AND memories.id IN (\(places))",
                [.text(owner.key)] + part.map { .text($0.text) })
            { found[row.memory.id] = row.memory }
        }
        return ids.compactMap { found[$0] }
    }

    public func memories(_ filter: MemoryFilter, of owner: ConversationOwner) async throws -> [UserMemory] {
        var conditions = MessageConditions()
        conditions.add("memories.owner_key = \(conditions.bind(.text(owner.key)))")
        switch filter.state {
        case .valid: conditions.add("memories.valid_to IS NULL")
        case .past: conditions.add("memories.valid_to IS NOT NULL")
        case .all: break
        }
        if let kind = filter.kind { conditions.add("memories.kind = \(conditions.bind(.text(kind.rawValue)))") }
        if let space = filter.space { conditions.add(space, column: "memories.context") }
        if let subject = filter.subject {
            conditions.add("memories.subject_key = \(conditions.bind(.text(UserMemory.key(subject))))")
        }
        if let before = filter.before {
            conditions.add("memories.created < \(conditions.bind(.integer(before.rawValue)))")
        }
        return try await database.query(
            as: UserMemoryRow.self,
            Self.selection + " WHERE \(conditions.text) ORDER BY memories.created DESC, memories.id DESC "
                + "LIMIT \(filter.countMax)", conditions.parameters
        ).map(\.memory)
    }

    public func replace(_ memory: UserMemory, expecting revision: Int64) async throws -> Bool {
        try await database.transaction { transaction in
            if let context = memory.context {
                let mine = try await transaction.query(
                    "SELECT 1 AS one FROM context_spaces WHERE id = $1 AND tenant = $2 AND owner = $3",
                    [.text(context.text)] + memory.owner.values)
                guard !mine.isEmpty else { throw MemoryRefusal.noContext }
            }
            return try await transaction.execute(
                "UPDATE memories SET kind = $1, confidence = $2, is_pinned = $3, context = $4, valid_to = $5, revision = $6 "
                    + "WHERE id = $7 AND owner_key = $8 AND revision = $9",
                [
                    .text(memory.kind.rawValue), .real(memory.confidence), .bool(memory.isPinned),
                    SQLValue(memory.context?.text), SQLValue(memory.validTo?.rawValue), .integer(memory.revision),
                    .text(memory.id.text), .text(memory.owner.key), .integer(revision),
                ]
            ).changes == 1
        }
    }

    public func forget(_ selection: MemorySelection, of owner: ConversationOwner) async throws -> [MemoryID] {
        let mine: SQLValue = .text(owner.key)
        let (condition, parameters): (String, [SQLValue]) =
            switch selection {
            case .one(let id): ("id = $2", [mine, .text(id.text)])
            case .conversation(let id): ("conversation = $2", [mine, .text(id.text)])
            case .space(let id): ("context = $2", [mine, .text(id.text)])
            case .all: ("1 = 1", [mine])
            }
        return try await database.execute(
            "DELETE FROM memories WHERE owner_key = $1 AND \(condition) RETURNING id", parameters
        ).rows.compactMap { MemoryID(try $0.decodeOnly(String.self)) }
    }

    public func history(of id: MemoryID, owner: ConversationOwner) async throws -> [UserMemory] {
        guard let memory = try await memory(id, of: owner) else { return [] }
        var found: [MemoryID: UserMemory] = [id: memory]
        // What it replaced, and what replaced it, as far as it goes.
        var waiting = [memory.replaces, memory.replacedBy].compactMap(\.self)
        while let next = waiting.popLast(), found.count < 1_000 {
            guard found[next] == nil, let one = try await self.memory(next, of: owner) else { continue }
            found[next] = one
            waiting += [one.replaces, one.replacedBy].compactMap(\.self)
        }
        if let statement = memory.statement {
            let rows = try await database.query(
                as: UserMemoryRow.self,
                Self.selection + " WHERE owner_key = $1 AND subject_key = $2 AND predicate_key = $3 "
                    + "ORDER BY memories.created DESC LIMIT 500",
                [
                    .text(owner.key), .text(UserMemory.key(statement.subject)),
                    .text(UserMemory.key(statement.predicate)),
                ])
            for row in rows where row.memory.context == memory.context { found[row.memory.id] = row.memory }
        }
        return found.values.sorted { ($0.validFrom, $0.id) < ($1.validFrom, $1.id) }
    }

    public func noteUse(of ids: [MemoryID], owner: ConversationOwner, at moment: ConversationMoment) async throws {
        guard !ids.isEmpty else { return }
        let places = (0..<ids.count).map { "$\($0 + 3)" }.joined(separator: ", ")
        try await database.execute(
            "UPDATE memories SET used = $1, uses = uses + 1 WHERE owner_key = $2 AND id IN (\(places))",
            [.integer(moment.rawValue), .text(owner.key)] + ids.prefix(500).map { .text($0.text) })
    }

    public func prune(at moment: ConversationMoment, keeping keep: Duration?) async throws -> Int {
        let kept = keep.map { Int64($0 / .microseconds(1)) } ?? Self.forEver
        return try await database.execute(
            """
            DELETE FROM memories WHERE is_pinned = 0
                AND used < $1 - COALESCE(
                    (SELECT keep FROM memory_settings WHERE memory_settings.owner_key = memories.owner_key), $2)
                AND NOT EXISTS (SELECT 1 FROM memories AS later WHERE later.replaces = memories.id)
            """, [.integer(moment.rawValue), .integer(kept)]
        ).changes
    }

    /// Microseconds; longer than any clock has run.
    static let forEver: Int64 = 1 << 60

    // MARK: Parts

    private static func valid(
        of owner: ConversationOwner, in context: ContextID?, at now: ConversationMoment, _ transaction: Transaction
    ) async throws -> [UserMemory] {
        var conditions = MessageConditions()
        conditions.add("memories.owner_key = \(conditions.bind(.text(owner.key)))")
        conditions.add("memories.valid_to IS NULL")
        conditions.add(context.map { .one($0) } ?? .outside, column: "memories.context")
        return try await transaction.query(
            as: UserMemoryRow.self, selection + " WHERE \(conditions.text)", conditions.parameters
        ).map(\.memory).filter { $0.isValid(at: now) }
    }

    /// Takes the longest unused out where there is no room, and what is over before what is true.
    private static func makeRoom(
        for owner: ConversationOwner, _ countMax: Int, _ transaction: Transaction
    ) async throws {
        let count = try await transaction.query(
            "SELECT COUNT(*) AS count FROM memories WHERE owner_key = $1", [.text(owner.key)]
        ).first?.decodeOnly(Int.self)
        let excess = (count ?? 0) + 1 - countMax
        guard excess > 0 else { return }
        let removed = try await transaction.execute(
            "DELETE FROM memories WHERE id IN (SELECT id FROM memories WHERE owner_key = $1 AND is_pinned = 0 "
                + "ORDER BY CASE WHEN valid_to IS NULL THEN 1 ELSE 0 END, used, id LIMIT \(excess))",
            [.text(owner.key)]
        ).changes
        guard removed == excess else { throw MemoryRefusal.full }
    }
}
