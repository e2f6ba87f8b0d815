import Digests
import JSONText

/// The end of the chain: the number and the hash of its last record.
public struct AuditHead: Sendable, Equatable {
    /// 0 before the first record.
    public var sequence: Int64
    /// 64 lower-case digits.
    public var hash: String

    public init(sequence: Int64, hash: String) {
        self.sequence = sequence
        self.hash = hash
    }

    /// Reads `sequence:hash`, as people note it.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let sequence = Int64(parts[0]), sequence > 0, parts[1].utf8.count == 64,
            parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        self.init(sequence: sequence, hash: String(parts[1]))
    }

    /// Where every chain begins: 64 zeros.
    public static let origin = AuditHead(sequence: 0, hash: String(repeating: "0", count: 64))
}

/// An entry with its place in the chain. Its line is what is stored, exported and verified, byte for byte.
public struct AuditRecord: Sendable, Equatable {
    public var entry: AuditEntry
    /// From 1, without gaps.
    public let sequence: Int64
    /// The hash of the record before.
    public let previous: String
    /// SHA-256 of the canonical JSON of everything else, `previous` included.
    public let hash: String
    /// The canonical JSON of the record: members in the order of their names, no space, one line.
    public let line: String

    /// Places an entry behind `head`.
    public init(_ entry: AuditEntry, after head: AuditHead) {
        self.entry = entry
        sequence = head.sequence + 1
        previous = head.hash
        var members = Self.members(of: entry)
        members["sequence"] = .integer(sequence)
        members["previous"] = .string(previous)
        hash = Self.hash(of: members)
        members["hash"] = .string(hash)
        line = Self.canonical(.object(members)).text
    }

    public var head: AuditHead { AuditHead(sequence: sequence, hash: hash) }

    /// Entries behind `head`, one after the other.
    public static func link(_ entries: [AuditEntry], after head: AuditHead) -> [AuditRecord] {
        var head = head
        return entries.map { entry in
            let record = AuditRecord(entry, after: head)
            head = record.head
            return record
        }
    }

    private static func members(of entry: AuditEntry) -> JSONObject {
        var members: JSONObject = [
            "at": .integer(entry.at), "action": .string(entry.action.rawValue),
            "outcome": .string(entry.outcome.rawValue), "details": .object(entry.details.json),
        ]
        if let actor = entry.actor {
            var about: JSONObject = [
                "user": .string(actor.user), "name": .string(actor.name), "tenant": .string(actor.tenant),
                "role": .string(actor.role), "via": .string(actor.via),
            ]
            about["credential"] = actor.credential.map(JSONValue.string)
            members["actor"] = .object(about)
        }
        members["target"] = entry.target.map(JSONValue.string)
        if let source = entry.source {
            members["address"] = .string(source.address)
            members["request_id"] = .string(source.requestID)
        }
        return members
    }

    /// SHA-256 of the canonical JSON, which must not hold `hash`.
    static func hash(of members: JSONObject) -> String {
        SHA256.digest(of: canonical(.object(members)).bytes).hexadecimal
    }

    /// The same value with the members of its objects in the order of their names (of their UTF-8 bytes), at every depth.
    static func canonical(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let members):
            .object(
                JSONObject(
                    members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
                        .map { ($0.key, canonical($0.value)) }))
        case .array(let elements): .array(elements.map(canonical))
        case .null, .bool, .integer, .number, .string: value
        }
    }
}
