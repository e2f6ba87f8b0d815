import Vocabulary

/// A moment and the place's distance from UTC: what `strftime_now` tells. Time is a parameter, so that a prompt can be
/// rendered twice with the same result.
public struct LocalTime: Sendable, Equatable {
    public let secondsSinceEpoch: Int64
    /// Seconds east of Greenwich.
    public let utcOffset: Int

    public init(secondsSinceEpoch: Int64, utcOffset: Int = 0) {
        self.secondsSinceEpoch = secondsSinceEpoch
        self.utcOffset = utcOffset
    }
}

extension LocalTime {
    private static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    private struct Parts {
        let year: Int
        let month: Int
        let day: Int
        let hour: Int
        let minute: Int
        let second: Int
        /// 0 is Sunday.
        let weekday: Int
        /// From 0.
        let dayOfYear: Int
    }

    private var parts: Parts {
        let local = Int(clamping: secondsSinceEpoch).clamped(to: -60_000_000_000...250_000_000_000) + utcOffset
        let days = local.floorDivided(by: 86400)
        let time = local - days * 86400
        let date = CivilDate(daysSince1970: days)
        return Parts(
            year: date.year, month: date.month, day: date.day, hour: time / 3600, minute: time / 60 % 60,
            second: time % 60, weekday: date.weekday, dayOfYear: date.dayOfYear)
    }

    /// C's `strftime` in the C locale, with the GNU flags `-`, `_`, `0` and `^`. Unknown directives stay as they are.
    /// Like Python's naive `datetime`, it has no time zone: `%Z` and `%z` are empty.
    public func formatted(_ format: String) -> String {
        let parts = parts
        let scalars = Array(format.unicodeScalars)
        var result = ""
        var index = 0
        while index < scalars.count {
            guard scalars[index] == "%", index + 1 < scalars.count else {
                result.unicodeScalars.append(scalars[index])
                index += 1
                continue
            }
            var end = index + 1
            var flag: Unicode.Scalar?
            if ["-", "_", "0", "^"].contains(scalars[end]), end + 1 < scalars.count {
                flag = scalars[end]
                end += 1
            }
            if let text = directive(scalars[end], flag: flag, parts) {
                result += flag == "^" ? text.uppercased() : text
            } else {
                result += String(scalars: scalars[index...end])
            }
            index = end + 1
        }
        return result
    }

    private func directive(_ letter: Unicode.Scalar, flag: Unicode.Scalar?, _ parts: Parts) -> String? {
        func number(_ value: Int, _ width: Int, pad: Character = "0") -> String {
            let padding: Character? = flag == "-" ? nil : flag == "_" ? " " : flag == "0" ? "0" : pad
            let text = String(value)
            return padding.map { String(repeating: $0, count: max(0, width - text.count)) + text } ?? text
        }
        let hour12 = (parts.hour + 11) % 12 + 1
        switch letter {
        case "Y": return String(parts.year)
        case "C": return number(parts.year / 100, 2)
        case "y": return number(parts.year % 100, 2)
        case "m": return number(parts.month, 2)
        case "d": return number(parts.day, 2)
        case "e": return number(parts.day, 2, pad: " ")
        case "j": return number(parts.dayOfYear + 1, 3)
        case "H": return number(parts.hour, 2)
        case "k": return number(parts.hour, 2, pad: " ")
        case "I": return number(hour12, 2)
        case "l": return number(hour12, 2, pad: " ")
        case "M": return number(parts.minute, 2)
        case "S": return number(parts.second, 2)
        case "f": return "000000"
        case "s": return String(secondsSinceEpoch)
        case "p": return parts.hour < 12 ? "AM" : "PM"
        case "P": return parts.hour < 12 ? "am" : "pm"
        case "a": return String(Self.weekdays[parts.weekday].prefix(3))
        case "A": return Self.weekdays[parts.weekday]
        case "b", "h": return String(Self.months[parts.month - 1].prefix(3))
        case "B": return Self.months[parts.month - 1]
        case "u": return String(parts.weekday == 0 ? 7 : parts.weekday)
        case "w": return String(parts.weekday)
        case "U": return number((parts.dayOfYear + 7 - parts.weekday) / 7, 2)
        case "W": return number((parts.dayOfYear + 7 - (parts.weekday + 6) % 7) / 7, 2)
        case "D", "x": return formatted("%m/%d/%y")
        case "F": return formatted("%Y-%m-%d")
        case "T", "X": return formatted("%H:%M:%S")
        case "R": return formatted("%H:%M")
        case "r": return formatted("%I:%M:%S %p")
        case "c": return formatted("%a %b %e %H:%M:%S %Y")
        case "n": return "\n"
        case "t": return "\t"
        case "z", "Z": return ""
        case "%": return "%"
        default: return nil
        }
    }
}

extension Int {
    func clamped(to range: ClosedRange<Int>) -> Int { Swift.min(Swift.max(self, range.lowerBound), range.upperBound) }
}
