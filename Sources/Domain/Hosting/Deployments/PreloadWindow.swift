public import JSONText
public import Vocabulary

/// Times of the week at which a deployment is to be in memory, in the clock of the server's place.
public struct PreloadWindow: Sendable, Equatable {
    /// On which days it begins; 0 is Monday.
    public var days: Set<Int>
    /// Minutes of the day. An end that is not after the start is on the next day.
    public var start: Int
    public var end: Int

    /// Windows of one deployment.
    public static let countMax = 16
    private static let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

    public init(days: Set<Int>, start: Int, end: Int) {
        self.days = days
        self.start = start
        self.end = end
    }

    /// The same for the planner; `nil` for times that there are not.
    public func schedule(for model: ModelID) -> PreloadSchedule? {
        PreloadSchedule(model: model, days: days, start: start, end: end)
    }

    /// Reads `{"days": ["mon", "tue"], "from": "08:00", "to": "18:00"}`; without days it is every day.
    init(reading field: JSONField) throws(JSONFieldError) {
        try field.refuseOthers(than: ["days", "from", "to"])
        start = try Self.minute(try field.required("from"))
        end = try Self.minute(try field.required("to"))
        days = []
        guard let list = try field.optional("days") else {
            days = Set(0...6)
            return
        }
        for element in try list.elements(countMax: 7) {
            guard let day = Self.names.firstIndex(of: try element.string()) else {
                throw element.fail("must be one of \(Self.names.joined(separator: ", "))")
            }
            days.insert(day)
        }
        guard !days.isEmpty else { throw list.fail("must not be empty") }
    }

    public var json: JSONValue {
        [
            "days": .array(days.sorted().map { .string(Self.names[$0]) }), "from": .string(Self.text(start)),
            "to": .string(Self.text(end)),
        ]
    }

    private static func minute(_ field: JSONField) throws(JSONFieldError) -> Int {
        let parts = try field.string().split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 }), let hour = Int(parts[0]),
            let minute = Int(parts[1]), (0..<24).contains(hour), (0..<60).contains(minute)
        else { throw field.fail("must be a time of the day such as 08:30") }
        return hour * 60 + minute
    }

    private static func text(_ minute: Int) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
        return "\(two(minute / 60)):\(two(minute % 60))"
    }
}
