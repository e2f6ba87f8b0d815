import HTTPServing
import JSONText
import Synchronization
import Telemetry
import Vocabulary

/// What became of one request on its way through the platform: what the cache did, and where the time went.
final class AnswerCourse: Sendable {
    /// What the answer cache did: a stable word.
    enum CacheState: Sendable, Equatable {
        case hit
        case miss
        case semantic(similarity: Double)
        case bypass(String)

        var name: String {
            switch self {
            case .hit: "hit"
            case .miss: "miss"
            case .semantic: "semantic"
            case .bypass: "bypass"
            }
        }

        /// With what else there is to say.
        fileprivate var header: String {
            switch self {
            case .hit, .miss: name
            case .semantic(let similarity):
                "semantic; similarity=" + AnswerCourse.text(thousandths: Int64((similarity * 1_000).rounded(.down)))
            case .bypass(let reason): "bypass; reason=" + reason
            }
        }
    }

    private struct State {
        var cache: CacheState?
        var queue: Duration?
        /// How many of its tasks wait for a model, and since when.
        var waiters = 0
        var waitingSince: ContinuousClock.Instant?
        var waited = Duration.zero
        /// How often each thing was asked for within this request.
        var turns: [[UInt8]: Int] = [:]
    }

    /// Of this process; no two are equal.
    let number: UInt64
    /// What the request's headers say of the answer cache.
    let wish: AnswerWish
    private let began: ContinuousClock.Instant
    private let state = Mutex(State())

    private static let count = Atomic<UInt64>(0)

    init(_ wish: AnswerWish = AnswerWish(), began: ContinuousClock.Instant = .now) {
        number = Self.count.add(1, ordering: .relaxed).newValue
        self.wish = wish
        self.began = began
    }

    /// What the cache did; of several answers the first one is told, and a miss goes before all.
    func note(_ cache: CacheState) {
        state.withLock { state in
            if state.cache == nil || cache == .miss { state.cache = cache }
        }
    }

    var cache: CacheState? { state.withLock(\.cache) }

    /// How long the engine let it wait for a slot.
    func note(queue: Duration) { state.withLock { $0.queue = max($0.queue ?? .zero, queue) } }

    /// How often this was asked for before, within this request.
    func turn(of thing: [UInt8]) -> Int {
        state.withLock { state in
            defer { state.turns[thing, default: 0] += 1 }
            return state.turns[thing] ?? 0
        }
    }

    // MARK: Time

    /// Runs what waits for a model: the rest is the platform's own time. Waits of several choices at once count once.
    func waiting<Result, Failure: Error>(_ body: () async throws(Failure) -> Result) async throws(Failure) -> Result {
        beginWaiting()
        defer { endWaiting() }
        return try await body()
    }

    /// The same for a request that may have no notes.
    static func waiting<Result, Failure: Error>(
        _ course: AnswerCourse?, _ body: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        guard let course else { return try await body() }
        return try await course.waiting(body)
    }

    /// Begins a wait for a model, which `endWaiting` ends.
    func beginWaiting() {
        state.withLock { state in
            if state.waiters == 0 { state.waitingSince = .now }
            state.waiters += 1
        }
    }

    func endWaiting() {
        state.withLock { state in
            state.waiters -= 1
            guard state.waiters == 0, let since = state.waitingSince else { return }
            state.waited += .now - since
            state.waitingSince = nil
        }
    }

    /// Since the request began, without the time that it waited for models.
    private func overhead(_ state: State) -> Duration {
        let waiting = state.waitingSince.map { .now - $0 } ?? .zero
        return max(.zero, .now - began - state.waited - waiting)
    }

    /// `X-Nexus-Cache`, `X-Nexus-Queue-Ms` as far as it is known before the body, and `X-Nexus-Overhead-Ms`.
    ///
    /// - Returns: the overhead.
    func write(to headers: inout HTTPHeaders) -> Duration {
        let state = state.withLock(\.self)
        let overhead = overhead(state)
        if let cache = state.cache { headers.append("X-Nexus-Cache", cache.header) }
        if let queue = state.queue { headers.append("X-Nexus-Queue-Ms", Self.milliseconds(queue)) }
        headers.append("X-Nexus-Overhead-Ms", Self.milliseconds(overhead))
        return overhead
    }

    private static func milliseconds(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        return text(thousandths: seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
    }

    /// A number that is not negative, with three digits after the point.
    private static func text(thousandths: Int64) -> String {
        let (whole, rest) = thousandths.quotientAndRemainder(dividingBy: 1_000)
        var text: [UInt8] = []
        text.append(decimal: whole)
        // The point takes the place of the 1 before the three digits.
        text.append(decimal: 1_000 + rest)
        text[text.count - 4] = UInt8(ascii: ".")
        return String(decoding: text, as: UTF8.self)
    }
}

extension AnswerWish {
    /// What the headers `X-Nexus-Cache` and `X-Nexus-Cache-Tags` say: a word, or `similar`, and tags with commas between.
    ///
    /// - Throws: `invalidValue` with the header's name.
    init(_ headers: HTTPHeaders) throws(ServiceError) {
        self.init()
        if let word = headers["X-Nexus-Cache"]?.lowercased() {
            if word == "similar" {
                self.use = .use
                takesSimilar = true
            } else if let use = Use(rawValue: word) {
                self.use = use
            } else {
                throw ServiceError(
                    .invalidValue, "'X-Nexus-Cache' must be one of auto, use, similar, refresh, off.",
                    parameter: "X-Nexus-Cache")
            }
        }
        guard let text = headers["X-Nexus-Cache-Tags"] else { return }
        tags = text.split(separator: ",").map { String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
            .filter { !$0.isEmpty }
        guard tags.count <= Self.tagsMax, tags.allSatisfy({ $0.utf8.count <= Self.tagBytesMax }) else {
            throw ServiceError(
                .invalidValue,
                "'X-Nexus-Cache-Tags' must have at most \(Self.tagsMax) tags of at most \(Self.tagBytesMax) bytes.",
                parameter: "X-Nexus-Cache-Tags")
        }
    }

    /// What a request's body says, and its headers where the body says nothing.
    func over(_ headers: AnswerWish) -> AnswerWish {
        AnswerWish(
            use == .automatic ? headers.use : use, takesSimilar: takesSimilar ?? headers.takesSimilar,
            tags: tags.isEmpty ? headers.tags : tags, timeToLive: timeToLive ?? headers.timeToLive)
    }
}
