/// The formats of strings that are enforced. The grammars are narrower than the formats: every text is valid.
///
/// Sources: RFC 3339 (dates, times, durations), RFC 4291 (IPv6), RFC 9562 (UUID), RFC 3986 (URI), RFC 1123 (host names),
/// RFC 6901 (JSON pointers).
struct SchemaFormat {
    let expression: String
    /// The least and the most characters.
    let length: ClosedRange<Int>

    /// Formats whose values cannot be written by a grammar of bearable size; others, unknown ones, are annotations.
    private static let refused: Set<String> = ["regex"]

    static func isKnown(_ name: String) -> Bool { refused.contains(name) || all[name] != nil }

    static func named(_ name: String) -> SchemaFormat? { all[name] }

    private static let all: [String: SchemaFormat] = [
        "date": .init(expression: date, length: 10...10),
        "time": .init(expression: time, length: 9...21),
        "date-time": .init(expression: "(\(date)) \"T\" (\(time))", length: 20...32),
        "duration": .init(expression: duration, length: 3...34),
        "uuid": .init(
            expression: #"[0-9a-f]{8} "-" [0-9a-f]{4} "-" [0-9a-f]{4} "-" [0-9a-f]{4} "-" [0-9a-f]{12}"#,
            length: 36...36),
        "ipv4": .init(expression: "(\(octet)) (\".\" (\(octet))){3}", length: 7...15),
        "ipv6": .init(expression: ipv6, length: 2...39),
        "hostname": .init(expression: host, length: 1...63),
        "idn-hostname": .init(expression: host, length: 1...63),
        "email": .init(expression: email, length: 5...98),
        "idn-email": .init(expression: email, length: 5...98),
        "uri": .init(expression: uri, length: 9...330),
        "iri": .init(expression: uri, length: 9...330),
        "uri-reference": .init(expression: uri, length: 9...330),
        "iri-reference": .init(expression: uri, length: 9...330),
        "uri-template": .init(expression: uri, length: 9...330),
        "json-pointer": .init(expression: "(\(pointer)){0,8}", length: 0...520),
        "relative-json-pointer": .init(
            expression: "(\"0\" | [1-9] [0-9]{0,2}) (\"#\" | (\(pointer)){0,8})", length: 1...523),
    ]

    // MARK: Time

    private static let leap = #"(([0-9] ([2468] [048] | [13579] [26]) | [0-9] "0" [48]))"#
    private static let year = "[1-9] [0-9]{3}"
    private static let date =
        [
            #"[1-9] [0-9]{3} "-" (("0" [13578] | "1" [02]) "-" ("0" [1-9] | [12] [0-9] | "3" [01])"#,
            #"("0" [469] | "11") "-" ("0" [1-9] | [12] [0-9] | "30")"#,
            #""02-" ("0" [1-9] | "1" [0-9] | "2" [0-8]))"#,
        ].joined(separator: " | ") + " | [1-9] \(leap) \"-02-29\""
    private static let hour = #"([01] [0-9] | "2" [0-3])"#
    private static let time =
        #"\#(hour) ":" [0-5] [0-9] ":" [0-5] [0-9] ("." [0-9]{1,6})? ("Z" | [+-] \#(hour) ":" [0-5] [0-9])"#
    private static let number = "(\"0\" | [1-9] [0-9]{0,3})"
    private static let clock =
        #""T" (\#(number) "H" (\#(number) "M" (\#(number) "S")?)? | \#(number) "M" (\#(number) "S")? | \#(number) "S")"#
    private static let duration = [
        #""P" (\#(number) "W" | \#(clock)"#,
        #"(\#(number) "Y" (\#(number) "M" (\#(number) "D")?)? | \#(number) "M" (\#(number) "D")? | \#(number) "D")"#
            + " (\(clock))?)",
    ].joined(separator: " | ")

    // MARK: Names and addresses

    private static let octet = #""25" [0-5] | "2" [0-4] [0-9] | "1" [0-9]{2} | [1-9] [0-9] | [0-9]"#
    private static let group = "[0-9a-f]{1,4}"
    /// In full, or with one run of two or more groups left out.
    private static let ipv6: String = {
        var ways = ["\(group) (\":\" \(group)){7}"]
        for before in 0...6 {
            let head = before == 0 ? "" : "\(group) (\":\" \(group)){\(before - 1)} "
            let most = 6 - before
            let tail = most == 0 ? "" : " (\(group) (\":\" \(group)){0,\(most - 1)})?"
            ways.append("\(head)\"::\"\(tail)")
        }
        return ways.joined(separator: " | ")
    }()
    /// Labels of at most 20 characters without hyphens in a row, of which the last is letters only.
    private static let host = "([a-z] [a-z0-9]{0,8} (\"-\" [a-z0-9]{1,9})? \".\"){0,2} [a-z]{2,20}"
    private static let email =
        #"[a-zA-Z0-9] [a-zA-Z0-9_+-]{0,15} ("." [a-zA-Z0-9_+-]{1,16})? "@" "#
        + "([a-z] [a-z0-9]{0,8} (\"-\" [a-z0-9]{1,9})? \".\"){1,2} [a-z]{2,20}"

    // MARK: References

    private static let free = "[a-zA-Z0-9._~-]"
    private static let uri =
        "\"http\" \"s\"? \"://\" (\(host)) (\":\" [1-9] [0-9]{0,3})? (\"/\" \(free){0,20}){0,8} "
        + "(\"?\" [a-zA-Z0-9._~=&-]{0,60})? (\"#\" \(free){0,20})?"
    private static let pointer = #""/" ([^"\\/~\x00-\x1F\x7F] | "~" [01]){0,32}"#
}
