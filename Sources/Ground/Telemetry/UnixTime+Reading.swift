import Vocabulary

extension UnixTime {
    /// A moment as RFC 3339 writes it, in UTC: `2026-11-21T18:41:13.250Z`, from 1970 to 2261. `nil` for anything else,
    /// the 30th of February among it.
    public init?(rfc3339 text: String) {
        let bytes = Array(text.utf8)
        guard (20...30).contains(bytes.count), bytes.last == UInt8(ascii: "Z") else { return nil }
        func number(_ start: Int, _ count: Int) -> Int64? {
            bytes[start..<start + count].reduce(Int64?(0)) { sum, byte in
                guard let sum, (0x30...0x39).contains(byte) else { return nil }
                return sum * 10 + Int64(byte - 0x30)
            }
        }
        let separators: [(Int, Character)] = [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":")]
        guard separators.allSatisfy({ place, sign in bytes[place] == sign.asciiValue }) else { return nil }
        var nanoseconds: Int64 = 0
        if bytes.count > 20 {
            let count = bytes.count - 21
            guard bytes[19] == UInt8(ascii: "."), (1...9).contains(count), let fraction = number(20, count) else {
                return nil
            }
            nanoseconds = (count..<9).reduce(fraction) { sum, _ in sum * 10 }
        }
        guard let year = number(0, 4), let month = number(5, 2), let day = number(8, 2), let hour = number(11, 2),
            let minute = number(14, 2), let second = number(17, 2), (1970...2261).contains(year),
            let date = CivilDate(year: Int(year), month: Int(month), day: Int(day)), hour < 24, minute < 60,
            second <= 60
        else { return nil }
        let seconds = Int64(date.daysSince1970) * 86_400 + hour * 3_600 + minute * 60 + second
        self.init(nanoseconds: seconds * 1_000_000_000 + nanoseconds)
    }
}
