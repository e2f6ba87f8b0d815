/// Joins lists that were ranked by different measures, whose numbers cannot be compared.
///
/// Source: Cormack, Clarke, Büttcher, "Reciprocal rank fusion outperforms Condorcet and individual rank learning methods", SIGIR 2009.
public enum RankFusion {
    /// The paper's constant: how little the first places weigh more than the next.
    public static let constant = 60.0

    /// What stands in a list at place `n`, from 1 on, gets `1 / (60 + n)` from it.
    ///
    /// - Parameter lists: best first; what stands twice in a list counts at its first place.
    /// - Returns: everything, best first; of equal ones, what an earlier list has further in front.
    public static func join<Item: Hashable>(_ lists: [[Item]]) -> [(item: Item, score: Double)] {
        var scores: [Item: Double] = [:]
        var order: [Item] = []
        for list in lists {
            var seen: Set<Item> = []
            for item in list where seen.insert(item).inserted {
                if scores[item] == nil { order.append(item) }
                scores[item, default: 0] += 1 / (constant + Double(seen.count))
            }
        }
        return order.enumerated().map { (place: $0, item: $1, score: scores[$1] ?? 0) }
            .sorted { $0.score != $1.score ? $0.score > $1.score : $0.place < $1.place }
            .map { (item: $0.item, score: $0.score) }
    }
}
