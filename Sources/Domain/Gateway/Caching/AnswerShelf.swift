/// Answers in memory, bounded in bytes and number. What was not used for the longest time goes first.
///
/// A list through an array of places, so that finding, adding and removing take the same time however many there are.
public struct AnswerShelf: Sendable {
    private struct Place: Sendable {
        var answer: CachedAnswer
        var hits: Int
        var older: Int
        var newer: Int
    }

    private static let none = -1

    public let bytesMax: Int
    public let countMax: Int
    public private(set) var byteCount = 0
    private var places: [Place?] = []
    private var free: [Int] = []
    private var table: [AnswerKey: Int] = [:]
    private var newest = none
    private var oldest = none

    /// - Parameters:
    ///   - bytesMax: as `CachedAnswer.byteCount` counts.
    ///   - countMax: answers.
    public init(bytesMax: Int, countMax: Int) {
        self.bytesMax = bytesMax
        self.countMax = countMax
    }

    public var count: Int { table.count }

    /// Finds an answer, which counts as used now.
    ///
    /// - Parameters:
    ///   - key: its name.
    ///   - now: microseconds since 1970.
    /// - Returns: `nil` when there is none, or when its time is over.
    public mutating func find(_ key: AnswerKey, at now: Int64) -> CachedAnswer? {
        guard let index = table[key], let place = places[index] else { return nil }
        guard place.answer.expiresAt > now else {
            _ = take(index)
            return nil
        }
        unlink(index)
        places[index]?.hits += 1
        link(index)
        return place.answer
    }

    /// Puts an answer in, in the place of the one with the same key. One that is larger than the shelf is not taken.
    public mutating func put(_ answer: CachedAnswer) {
        remove(answer.key)
        guard answer.byteCount <= bytesMax, countMax > 0 else { return }
        while byteCount + answer.byteCount > bytesMax || table.count >= countMax { _ = take(oldest) }
        let place = Place(answer: answer, hits: 0, older: Self.none, newer: Self.none)
        let index: Int
        if let last = free.popLast() {
            index = last
            places[index] = place
        } else {
            index = places.count
            places.append(place)
        }
        table[answer.key] = index
        byteCount += answer.byteCount
        link(index)
    }

    /// Takes an answer out.
    @discardableResult
    public mutating func remove(_ key: AnswerKey) -> CachedAnswer? { table[key].flatMap { take($0) } }

    /// Takes out all that are meant.
    ///
    /// - Returns: their keys.
    public mutating func remove(_ selection: AnswerSelection) -> [AnswerKey] {
        let keys = places.compactMap { place in
            place.flatMap { selection.includes($0.answer) ? $0.answer.key : nil }
        }
        for key in keys { remove(key) }
        return keys
    }

    /// Times that an answer was found here.
    public func hits(of key: AnswerKey) -> Int { table[key].flatMap { places[$0]?.hits } ?? 0 }

    // MARK: The list

    private mutating func take(_ index: Int) -> CachedAnswer? {
        guard let place = places[index] else { return nil }
        unlink(index)
        places[index] = nil
        free.append(index)
        table[place.answer.key] = nil
        byteCount -= place.answer.byteCount
        return place.answer
    }

    private mutating func link(_ index: Int) {
        places[index]?.older = newest
        places[index]?.newer = Self.none
        if newest != Self.none { places[newest]?.newer = index }
        newest = index
        if oldest == Self.none { oldest = index }
    }

    private mutating func unlink(_ index: Int) {
        guard let place = places[index] else { return }
        if place.newer == Self.none { newest = place.older } else { places[place.newer]?.older = place.older }
        if place.older == Self.none { oldest = place.newer } else { places[place.older]?.newer = place.newer }
    }
}
