import Gateway
import Redis

/// Meters that several nodes share, in Redis: one script for a request, in one piece.
///
/// The script counts as `LimitMeter` does; all its numbers are whole and below 2^53, where Lua's are exact.
struct RedisLimits: SharedLimits {
    let redis: RedisClient

    func take(_ demands: [LimitDemand], isForced: Bool, now: Int64) async throws -> LimitVerdict {
        var keys: [RedisArgument] = []
        var arguments: [RedisArgument] = [RedisArgument(now), isForced ? 1 : 0]
        for demand in demands {
            keys.append(RedisArgument("nexus:limit:\(demand.key.rule):\(demand.key.subject)"))
            switch demand.rule.pace {
            case .bucket(let capacity, let refill, let per):
                let refill = max(1, refill * demand.permille / 1_000)
                arguments += [0, RedisArgument(capacity), RedisArgument(refill), RedisArgument(per)]
            case .window(let amount, let window):
                arguments += [1, RedisArgument(amount), 0, RedisArgument(window.length)]
            }
            arguments += [
                RedisArgument(demand.need), RedisArgument(demand.charge), RedisArgument(demand.rule.pace.period),
            ]
        }
        let reply = try await redis.run(Self.script, keys: keys, arguments: arguments).listValue()
        guard reply.count == 2 + 3 * demands.count else {
            throw RedisError(.unexpected, "the limits' script answered with another number of values")
        }
        let refused = Int(try reply[0].integerValue())
        var standings: [LimitStanding] = []
        for (index, demand) in demands.enumerated() {
            let meter = LimitMeter(
                level: try reply[2 + index * 3].integerValue(), remainder: try reply[3 + index * 3].integerValue(),
                at: try reply[4 + index * 3].integerValue())
            standings.append(
                LimitStanding(
                    rule: demand.rule, remaining: meter.remaining(demand.rule.pace),
                    reset: meter.reset(demand.rule.pace, now: now)))
        }
        guard refused > 0, refused <= demands.count else { return LimitVerdict(refusal: nil, standings: standings) }
        return LimitVerdict(
            refusal: .init(rule: demands[refused - 1].rule, wait: try reply[1].integerValue()), standings: standings)
    }

    private static let script = RedisScript(
        """
        local now, forced = tonumber(ARGV[1]), ARGV[2] == '1'
        local productMax = 4503599627370496
        local meters, refused, longest = {}, 0, 0
        for i, key in ipairs(KEYS) do
            local base = 2 + (i - 1) * 7
            local window, capacity = ARGV[base + 1] == '1', tonumber(ARGV[base + 2])
            local refill, per = tonumber(ARGV[base + 3]), tonumber(ARGV[base + 4])
            local need = tonumber(ARGV[base + 5])
            local level, remainder, at
            local kept = redis.call('HMGET', key, 'level', 'remainder', 'at')
            if kept[1] then
                level, remainder, at = tonumber(kept[1]), tonumber(kept[2]), tonumber(kept[3])
                if not window and level > capacity then level = capacity end
            elseif window then
                level, remainder, at = 0, 0, now - now % per
            else
                level, remainder, at = capacity, 0, now
            end
            local wait = 0
            if window then
                if now >= at + per then level, remainder, at = 0, 0, now - now % per end
                if level + math.min(need, capacity) > capacity then wait = math.max(1, at + per - now) end
            else
                if now > at then
                    local missing = (capacity - level) * per - remainder
                    local elapsed = now - at
                    at = now
                    if elapsed < math.floor((missing + refill - 1) / refill) then
                        local gained = elapsed * refill + remainder
                        remainder = gained % per
                        level = level + (gained - remainder) / per
                    else
                        level, remainder = capacity, 0
                    end
                end
                local missing = math.min(need, capacity) - level
                if missing > 0 then
                    wait = math.max(1, math.floor((missing * per - remainder + refill - 1) / refill))
                end
            end
            if wait > longest then refused, longest = i, wait end
            meters[i] = {level, remainder, at}
        end
        if forced then refused, longest = 0, 0 end
        local reply = {tostring(refused), string.format('%.0f', longest)}
        for i, key in ipairs(KEYS) do
            local base = 2 + (i - 1) * 7
            local window, capacity = ARGV[base + 1] == '1', tonumber(ARGV[base + 2])
            local per, charge = tonumber(ARGV[base + 4]), tonumber(ARGV[base + 6])
            local level, remainder, at = meters[i][1], meters[i][2], meters[i][3]
            if refused == 0 and charge ~= 0 then
                local bound = math.floor(productMax / per)
                if window then
                    level = math.min(math.max(level + charge, 0), bound)
                else
                    level = math.max(math.min(level - charge, capacity), -bound)
                    if level == capacity then remainder = 0 end
                end
                redis.call('HSET', key, 'level', string.format('%.0f', level), 'remainder',
                    string.format('%.0f', remainder), 'at', string.format('%.0f', at))
                -- Kept until it would be as if it had never been used; a debt may take longer than the period.
                local life = tonumber(ARGV[base + 7])
                if not window then life = life + math.ceil(math.max(0, -level) * per / tonumber(ARGV[base + 3])) end
                redis.call('PEXPIRE', key, string.format('%.0f', math.min(life * 2 + 1000, 8640000000)))
            end
            table.insert(reply, string.format('%.0f', level))
            table.insert(reply, string.format('%.0f', remainder))
            table.insert(reply, string.format('%.0f', at))
        end
        return reply
        """)
}
