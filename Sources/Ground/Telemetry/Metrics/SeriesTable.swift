/// The series of a family, by the values of their labels. It knows only that they are objects: code for one type of all
/// families is compiled once, where code for any type looks types up while it runs.
struct SeriesTable {
    typealias Object = any AnyObject & Sendable

    private(set) var series: [[String]: Object] = [:]
    /// Look-ups that ended in `__other__`.
    private(set) var overflowCount: UInt64 = 0
    /// What was looked up lately. Most requests want what those before wanted, and comparing is quicker than hashing.
    private var recent: [(key: [String], series: Object)] = []
    /// The place among them that is given away next.
    private var hand = 0

    /// Series that are found without hashing.
    private static let recentMax = 4

    /// The series for label values; makes one where there is room, and gives the one of all others where there is none.
    mutating func series(_ values: [String], countMax: Int, make: () -> Object) -> Object {
        for place in recent.indices where recent[place].key == values { return recent[place].series }
        let isShort = values.allSatisfy { $0.utf8.count <= seriesLabelBytesMax }
        let key = isShort ? values : values.map { $0.cut(toBytes: min($0.utf8.count, seriesLabelBytesMax)) }
        if let found = series[key] {
            note(found, key)
            return found
        }
        if series.count < countMax { return add(make(), key) }
        overflowCount += 1
        let other = [String](repeating: otherLabel, count: values.count)
        return series[other] ?? add(make(), other)
    }

    private mutating func add(_ new: Object, _ key: [String]) -> Object {
        series[key] = new
        return new
    }

    private mutating func note(_ found: Object, _ key: [String]) {
        if recent.count < Self.recentMax {
            recent.append((key, found))
        } else {
            recent[hand] = (key, found)
            hand = (hand + 1) % Self.recentMax
        }
    }
}

/// The longest label value in bytes.
let seriesLabelBytesMax = 256

/// The label value of all series for which there was no room.
let otherLabel = "__other__"

extension String {
    /// The longest beginning of whole scalars that fits.
    func cut(toBytes count: Int) -> String {
        var end = utf8.index(startIndex, offsetBy: count)
        while String.Index(end, within: unicodeScalars) == nil { end = utf8.index(before: end) }
        return String(unicodeScalars[..<end])
    }
}
