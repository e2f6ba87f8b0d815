import Gateway
import JSONText
import Redis

/// Accounts of budgets in Redis, for several nodes. Each batch is one script, in one piece, and decides as
/// `BudgetArithmetic` does. They last as long as Redis keeps them: it should write its log (`appendonly yes`).
struct RedisBudgets: BudgetStore {
    let redis: RedisClient

    private static let prefix = "nexus:budget:"
    /// Accounts of periods that are over are kept this long, in seconds.
    private static let accountLife = 400 * 86_400

    func reserve(_ reservations: [BudgetReservation], expiry: Int64?) async throws -> [BudgetAnswer] {
        guard let owner = reservations.first?.owner else { return [] }
        let batch = JSONValue.array(
            reservations.map { reservation in
                [
                    "id": .string(reservation.id),
                    "holds": .array(
                        reservation.holds.map { hold in
                            [
                                "key": .string(Self.key(of: hold.account)), "subject": .string(hold.account.subject),
                                "index": .string(Self.index(hold.account.budget, hold.account.periodStart)),
                                "limit": .integer(hold.limit), "hard": .bool(hold.isHard),
                                "amount": .integer(hold.amount),
                            ]
                        }),
                ]
            })
        let reply = try await redis.run(
            Self.reserving, keys: [RedisArgument(Self.prefix)],
            arguments: [
                RedisArgument(batch.text), RedisArgument(owner), RedisArgument(expiry ?? 0),
                RedisArgument(Int64(Self.accountLife)),
            ]
        ).listValue()
        guard reply.count == reservations.count else {
            throw RedisError(.unexpected, "the budgets' script answered another number of reservations")
        }
        return try zip(reservations, reply).map { reservation, answer in
            let values = try answer.listValue().map { try $0.integerValue() }
            let refused = Int(values.first ?? 0)
            if refused > 0, refused <= reservation.holds.count, values.count == 3 {
                return .refused(reservation.holds[refused - 1], BudgetAccount(spent: values[1], reserved: values[2]))
            }
            guard values.count == 1 + 2 * reservation.holds.count else {
                throw RedisError(.unexpected, "the budgets' script answered another number of accounts")
            }
            return .reserved(
                reservation.holds.indices.map {
                    BudgetAccount(spent: values[1 + $0 * 2], reserved: values[2 + $0 * 2])
                })
        }
    }

    func settle(_ settlements: [BudgetSettlement]) async throws {
        guard !settlements.isEmpty else { return }
        let batch = JSONValue.array(
            settlements.map { settlement in
                [
                    "id": .string(settlement.reservation.id), "owner": .string(settlement.reservation.owner),
                    "holds": .array(
                        settlement.reservation.holds.map { hold in
                            [
                                "key": .string(Self.key(of: hold.account)),
                                "used": .integer(settlement.amount(of: hold.unit)),
                            ]
                        }),
                ]
            })
        try await redis.run(
            Self.settling, keys: [RedisArgument(Self.prefix)], arguments: [RedisArgument(batch.text)])
    }

    func prolong(owner: String, expiry: Int64) async throws {
        try await redis.send("ZADD", RedisArgument(Self.prefix + "owners"), RedisArgument(expiry), RedisArgument(owner))
    }

    /// Other nodes may always live: only those whose time is over count as dead.
    func recover(now: Int64, alone: String?) async throws -> Int {
        Int(
            try await redis.run(
                Self.recovering, keys: [RedisArgument(Self.prefix)], arguments: [RedisArgument(now)]
            ).integerValue())
    }

    func accounts(of budget: String, periodStart: Int64, countMax: Int) async throws -> [(
        subject: String, account: BudgetAccount
    )] {
        let found = try await redis.send("SMEMBERS", RedisArgument(Self.prefix + Self.index(budget, periodStart)))
        let subjects = try found.listValue().prefix(countMax).compactMap { reply throws(RedisError) in
            try reply.bytesValue().map { String(decoding: $0, as: UTF8.self) }
        }
        let replies = try await redis.pipeline(
            subjects.map { subject in
                let key = Self.key(of: BudgetAccountKey(budget: budget, subject: subject, periodStart: periodStart))
                return ["HMGET", RedisArgument(Self.prefix + key), "spent", "reserved"]
            })
        return try zip(subjects, replies).map { subject, reply in
            let values = try reply.listValue().map { $0 == .nothing ? 0 : try $0.integerValue() }
            guard values.count == 2 else { throw RedisError(.unexpected, "an account has two values") }
            return (subject, BudgetAccount(spent: values[0], reserved: values[1]))
        }
    }

    private static func key(of account: BudgetAccountKey) -> String {
        "account:\(account.budget):\(account.periodStart):\(account.subject)"
    }

    private static func index(_ budget: String, _ periodStart: Int64) -> String { "index:\(budget):\(periodStart)" }

    private static let reserving = RedisScript(
        """
        local prefix, owner = KEYS[1], ARGV[2]
        local answers = {}
        redis.call('ZADD', prefix .. 'owners', ARGV[3], owner)
        for _, reservation in ipairs(cjson.decode(ARGV[1])) do
            local answer, accounts = {'0'}, {}
            for i, hold in ipairs(reservation.holds) do
                local kept = redis.call('HMGET', prefix .. hold.key, 'spent', 'reserved')
                local spent, reserved = tonumber(kept[1] or '0'), tonumber(kept[2] or '0')
                accounts[i] = {spent, reserved}
                if hold.hard and spent + reserved + hold.amount > hold.limit then
                    answer = {tostring(i), string.format('%.0f', spent), string.format('%.0f', reserved)}
                    break
                end
            end
            if answer[1] == '0' then
                for i, hold in ipairs(reservation.holds) do
                    local amount = string.format('%.0f', hold.amount)
                    redis.call('HINCRBY', prefix .. hold.key, 'reserved', amount)
                    redis.call('EXPIRE', prefix .. hold.key, ARGV[4])
                    redis.call('SADD', prefix .. hold.index, hold.subject)
                    redis.call('EXPIRE', prefix .. hold.index, ARGV[4])
                    redis.call('HSET', prefix .. 'hold:' .. reservation.id, hold.key, amount)
                    table.insert(answer, string.format('%.0f', accounts[i][1]))
                    table.insert(answer, string.format('%.0f', accounts[i][2] + hold.amount))
                end
                redis.call('SADD', prefix .. 'holds:' .. owner, reservation.id)
            end
            table.insert(answers, answer)
        end
        return answers
        """)

    private static let settling = RedisScript(
        """
        local prefix = KEYS[1]
        for _, settlement in ipairs(cjson.decode(ARGV[1])) do
            local holds = prefix .. 'hold:' .. settlement.id
            for _, hold in ipairs(settlement.holds) do
                local amount = redis.call('HGET', holds, hold.key)
                if amount then
                    redis.call('HINCRBY', prefix .. hold.key, 'reserved', '-' .. amount)
                    redis.call('HINCRBY', prefix .. hold.key, 'spent', string.format('%.0f', hold.used))
                end
            end
            redis.call('DEL', holds)
            redis.call('SREM', prefix .. 'holds:' .. settlement.owner, settlement.id)
        end
        return 0
        """)

    private static let recovering = RedisScript(
        """
        local prefix, count = KEYS[1], 0
        for _, owner in ipairs(redis.call('ZRANGEBYSCORE', prefix .. 'owners', '-inf', '(' .. ARGV[1])) do
            for _, id in ipairs(redis.call('SMEMBERS', prefix .. 'holds:' .. owner)) do
                local holds = redis.call('HGETALL', prefix .. 'hold:' .. id)
                for i = 1, #holds, 2 do
                    redis.call('HINCRBY', prefix .. holds[i], 'reserved', '-' .. holds[i + 1])
                    redis.call('HINCRBY', prefix .. holds[i], 'spent', holds[i + 1])
                    count = count + 1
                end
                redis.call('DEL', prefix .. 'hold:' .. id)
            end
            redis.call('DEL', prefix .. 'holds:' .. owner)
            redis.call('ZREM', prefix .. 'owners', owner)
        end
        return count
        """)
}
