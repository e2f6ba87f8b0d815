import Hosting
import JSONText
import Vocabulary

extension PreloadSchedule {
    private static let dayNames = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

    /// The body of `PUT /api/v1/memory/preloading`: `{"schedules": [{"model", "days": ["mon"], "start": "08:00", "end": "18:00"}]}`.
    static func list(_ body: JSONField) throws -> [PreloadSchedule] {
        try body.required("schedules").elements(countMax: countMax).map { field in
            let model = ModelID(try field.required("model").keptText(bytesIn: 1...512))
            let days = try field.optional("days")?.elements(countMax: 7).map { field in
                guard let day = dayNames.firstIndex(of: try field.string()) else {
                    throw field.fail("must be one of \(dayNames.joined(separator: ", "))")
                }
                return day
            }
            guard
                let schedule = PreloadSchedule(
                    model: model, days: Set(days ?? Array(0...6)), start: try minute(try field.required("start")),
                    end: try minute(try field.required("end")))
            else { throw field.fail("must name at least one day") }
            return schedule
        }
    }

    static let schema: JSONValue = [
        "type": "object", "required": ["schedules"],
        "properties": [
            "schedules": [
                "type": "array", "maxItems": .whole(countMax),
                "items": [
                    "type": "object", "required": ["model", "start", "end"],
                    "properties": [
                        "model": ["type": "string"],
                        "days": [
                            "type": "array",
                            "items": ["type": "string", "enum": .array(dayNames.map(JSONValue.string))],
                        ],
                        "start": ["type": "string"], "end": ["type": "string"],
                    ],
                ],
            ]
        ],
    ]

    var json: JSONValue {
        func clock(_ minute: Int) -> JSONValue {
            let (hours, minutes) = (minute / 60, minute % 60)
            return .string("\(hours < 10 ? "0" : "")\(hours):\(minutes < 10 ? "0" : "")\(minutes)")
        }
        return [
            "model": .string(model.name), "days": .array(days.sorted().map { .string(Self.dayNames[$0]) }),
            "start": clock(start), "end": clock(end),
        ]
    }

    /// A time of the day as `08:30`.
    private static func minute(_ field: JSONField) throws -> Int {
        let parts = try field.string().split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ (1...2).contains($0.utf8.count) }), let hours = Int(parts[0]),
            let minutes = Int(parts[1]), (0...23).contains(hours), (0...59).contains(minutes)
        else { throw field.fail("must be a time of the day, such as 08:30") }
        return hours * 60 + minutes
    }
}
