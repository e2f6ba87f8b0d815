/// The `tracestate` header: what vendors pass along, most recent first. Source: W3C Trace Context, section 3.3.
public struct TraceState: Sendable, Hashable {
    public private(set) var members: [Member] = []

    public struct Member: Sendable, Hashable {
        public let key: String
        public let value: String
    }

    /// Section 3.3.1.1.
    public static let memberCountMax = 32

    public init() {}

    /// Reads the header's values, which are parts of one list. `nil` when a member is malformed, a key appears twice, or
    /// there are more than 32 members.
    public init?(headers: [String]) {
        for piece in headers.joined(separator: ",").split(separator: ",") {
            let member = piece.trimming { $0 == " " || $0 == "\t" }
            if member.isEmpty { continue }
            guard let equals = member.firstIndex(of: "=") else { return nil }
            let key = member[..<equals]
            let value = member[member.index(after: equals)...]
            guard isKey(key), isValue(value), members.count < Self.memberCountMax,
                !members.contains(where: { $0.key == key })
            else { return nil }
            members.append(Member(key: String(key), value: String(value)))
        }
    }

    /// The header's value; empty means that the header is not sent.
    public var header: String { members.isEmpty ? "" : members.map { "\($0.key)=\($0.value)" }.joined(separator: ",") }
}

/// `simple-key` or `tenant@system`: up to 256 characters, or 241 and 14.
private func isKey(_ key: Substring) -> Bool {
    let parts = key.split(separator: "@", omittingEmptySubsequences: false)
    switch parts.count {
    case 1: return isKeyPart(parts[0], countMax: 256, mayStartWithDigit: false)
    case 2:
        return isKeyPart(parts[0], countMax: 241, mayStartWithDigit: true)
            && isKeyPart(parts[1], countMax: 14, mayStartWithDigit: false)
    default: return false
    }
}

private func isKeyPart(_ part: Substring, countMax: Int, mayStartWithDigit: Bool) -> Bool {
    guard let first = part.utf8.first, part.utf8.count <= countMax else { return false }
    let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first)
    let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
    guard isLetter || isDigit && mayStartWithDigit else { return false }
    return part.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"),
            UInt8(ascii: "-"), UInt8(ascii: "*"), UInt8(ascii: "/"):
            true
        default: false
        }
    }
}

/// 1 to 256 printable characters but `,` and `=`, the last no space.
private func isValue(_ value: Substring) -> Bool {
    guard (1...256).contains(value.utf8.count), value.utf8.last != 0x20 else { return false }
    return value.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "=") }
}

extension Substring {
    fileprivate func trimming(_ isSpace: (Character) -> Bool) -> Substring {
        var rest = self
        while let first = rest.first, isSpace(first) { rest.removeFirst() }
        while let last = rest.last, isSpace(last) { rest.removeLast() }
        return rest
    }
}
