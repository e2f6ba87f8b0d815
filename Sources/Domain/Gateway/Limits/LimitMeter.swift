/// How far one limit of one caller is used. Integers only, so that nothing drifts; time comes in, as milliseconds since 1970.
///
/// The same steps are written in Lua in `RedisLimits`; both are tested to count alike.
public struct LimitMeter: Sendable, Equatable {
    /// Of a bucket: what is left, below 0 after more was used than was foreseen. Of a window: what is used.
    public var level: Int64
    /// Of a bucket: what has flowed in beyond `level`, in 1/`per`. Of a window: 0.
    public var remainder: Int64
    /// Of a bucket: when `level` was computed. Of a window: when it began.
    public var at: Int64

    public init(level: Int64, remainder: Int64, at: Int64) {
        self.level = level
        self.remainder = remainder
        self.at = at
    }

    /// Nothing is used.
    public init(fresh pace: LimitPace, now: Int64) {
        switch pace {
        case .bucket(let capacity, _, _): self.init(level: capacity, remainder: 0, at: now)
        case .window(_, let window): self.init(level: 0, remainder: 0, at: now - now % window.length)
        }
    }

    /// Brings it to the present. A clock that goes back stands still here.
    ///
    /// - Parameters:
    ///   - pace: of its rule.
    ///   - permille: how much of the refill flows in, of 1,000.
    ///   - now: milliseconds since 1970.
    public mutating func advance(_ pace: LimitPace, permille: Int64 = 1_000, now: Int64) {
        switch pace {
        case .bucket(let capacity, let refill, let per):
            guard now > at else { return }
            let refill = max(1, refill * permille / 1_000)
            let missing = (capacity - level) * per - remainder
            let elapsed = now - at
            at = now
            // Compared like this because the product of a long absence would not fit.
            guard elapsed < (missing + refill - 1) / refill else {
                level = capacity
                remainder = 0
                return
            }
            let gained = elapsed * refill + remainder
            level += gained / per
            remainder = gained % per
        case .window(_, let window):
            guard now >= at + window.length else { return }
            self = LimitMeter(fresh: pace, now: now)
        }
    }

    /// How long until so much may be taken; `nil` when it may be now. Only after `advance`.
    ///
    /// What is more than the whole limit is allowed when nothing else is used, and is a debt afterwards.
    public func wait(for amount: Int64, _ pace: LimitPace, permille: Int64 = 1_000, now: Int64) -> Int64? {
        switch pace {
        case .bucket(let capacity, let refill, let per):
            let missing = min(amount, capacity) - level
            guard missing > 0 else { return nil }
            let refill = max(1, refill * permille / 1_000)
            return max(1, (missing * per - remainder + refill - 1) / refill)
        case .window(let limit, let window):
            guard level + min(amount, limit) > limit else { return nil }
            return max(1, at + window.length - now)
        }
    }

    /// Takes, or gives back what is negative. Only after `advance`.
    public mutating func charge(_ amount: Int64, _ pace: LimitPace) {
        // A debt beyond the bound would not fit; whoever owes that much waits for years anyway.
        let amount = min(max(amount, -LimitPace.productMax), LimitPace.productMax)
        switch pace {
        case .bucket(let capacity, _, let per):
            level = max(min(level - amount, capacity), -(LimitPace.productMax / per))
            if level == capacity { remainder = 0 }
        case .window(_, let window):
            level = min(max(level + amount, 0), LimitPace.productMax / window.length)
        }
    }

    /// What is left now; never below 0.
    public func remaining(_ pace: LimitPace) -> Int64 {
        switch pace {
        case .bucket: max(0, level)
        case .window(let amount, _): max(0, amount - level)
        }
    }

    /// Milliseconds until everything is allowed again, if nothing more is taken.
    public func reset(_ pace: LimitPace, now: Int64) -> Int64 {
        switch pace {
        case .bucket(let capacity, let refill, let per):
            max(0, ((capacity - level) * per - remainder + refill - 1) / refill)
        case .window(_, let window): max(0, at + window.length - now)
        }
    }

    /// Whether forgetting it would change nothing. Only after `advance`.
    public func isFresh(_ pace: LimitPace) -> Bool {
        switch pace {
        case .bucket(let capacity, _, _): level == capacity
        case .window: level == 0
        }
    }
}
