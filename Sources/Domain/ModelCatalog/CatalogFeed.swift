import Synchronization
import Vocabulary

/// Wakes those who follow the catalogue's events.
///
/// It carries no events: whoever is woken reads from the store what is new. So a slow follower misses nothing, and nothing
/// queues up for it.
final class CatalogFeed: Sendable {
    /// Followers at a time; the next one is refused.
    static let followersMax = 256

    private struct Followers {
        var bells: [Int: AsyncStream<Void>.Continuation] = [:]
        var next = 0
        var isFinished = false
    }

    private let followers = Mutex(Followers())

    /// Something may be new.
    func ring() {
        for bell in followers.withLock({ Array($0.bells.values) }) { bell.yield() }
    }

    /// Rings that come from now on, the first one at once; several while nobody listens are one.
    ///
    /// - Throws: `ServiceError` of the code `overloaded` when there are too many.
    func follow() throws -> AsyncStream<Void> {
        let (rings, bell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let number: Int? = followers.withLock { followers in
            guard !followers.isFinished else {
                bell.finish()
                return -1
            }
            guard followers.bells.count < Self.followersMax else { return nil }
            followers.next += 1
            followers.bells[followers.next] = bell
            bell.yield()
            return followers.next
        }
        guard let number else {
            throw ServiceError(
                .overloaded, "\(Self.followersMax) clients follow the models' events already.",
                hint: "GET without Accept: text/event-stream lists events.", retryAfter: .seconds(5))
        }
        bell.onTermination = { [weak self] _ in self?.followers.withLock { $0.bells[number] = nil } }
        return rings
    }

    /// Ends all, and those who come later at once.
    func finish() {
        let bells = followers.withLock { followers in
            followers.isFinished = true
            return Array(followers.bells.values)
        }
        for bell in bells { bell.finish() }
    }
}

extension Catalog {
    /// Tells events as they come, oldest first, until the caller is cancelled or the platform ends.
    ///
    /// - Parameters:
    ///   - model: only of this one; `nil` is all.
    ///   - number: only those after it; `nil` begins with what happens from now on.
    ///   - take: called for each event.
    /// - Throws: `ServiceError` when too many follow; what the store and `take` throw.
    public func follow(
        _ model: ModelName?, after number: Int64?, _ take: (CatalogEvent) async throws -> Void
    ) async throws {
        // Following before the newest number is asked: nothing falls between.
        let rings = try feed.follow()
        var last: Int64
        if let number {
            last = number
        } else {
            last = try await store.events(CatalogEventQuery(limit: 1)).first?.number ?? 0
        }
        for await _ in rings {
            while true {
                var query = CatalogEventQuery(model: model, limit: CatalogEventQuery.limitMax)
                query.after = last
                let events = try await store.events(query)
                for event in events {
                    try await take(event)
                    last = event.number
                }
                if events.count < query.limit { break }
            }
        }
    }

    /// Ends all who follow: for the platform's end.
    public func endFollowing() { feed.finish() }

    /// Every change of a record goes through here, so that those who follow hear of it.
    func alter(
        _ name: ModelName, _ edit: @Sendable (ModelRecord?) throws -> CatalogEdit
    ) async throws -> ModelRecord? {
        let record = try await store.change(name, edit)
        feed.ring()
        return record
    }
}
