import JSONText

/// Goes along a chain and finds the first record that is not as it was written. Pure; it needs nothing but the lines.
///
///     var verifier = AuditVerifier()
///     for line in lines { if let fault = verifier.check(line) { … } }
public struct AuditVerifier: Sendable {
    /// Bytes of a line; no record comes near it.
    public static let lineBytesMax = 64 << 10

    /// The last record that was in order.
    public private(set) var head: AuditHead
    /// Whether the first line may be any: an export may begin in the middle.
    private var acceptsAnyStart: Bool
    /// A record that somebody has noted elsewhere: the chain must lead through it. It finds a trail that was cut at its end.
    private let anchor: AuditHead?

    /// - Parameters:
    ///   - head: the record before the first line.
    ///   - acceptsAnyStart: whether the first line may be in the middle of a chain; what was before is then unknown.
    ///   - anchor: a record that must be among the lines.
    public init(after head: AuditHead = .origin, acceptsAnyStart: Bool = false, anchor: AuditHead? = nil) {
        self.head = head
        self.acceptsAnyStart = acceptsAnyStart
        self.anchor = anchor
    }

    /// What is wrong with the chain as a whole, after its last line; `nil` when it is long enough to hold the anchor.
    public func finish() -> AuditFault? {
        guard let anchor, head.sequence < anchor.sequence else { return nil }
        return AuditFault(.cut, sequence: head.sequence + 1)
    }

    /// Looks at the next line.
    ///
    /// - Returns: what is wrong with it; `nil` when it continues the chain.
    public mutating func check(_ line: String) -> AuditFault? {
        let expected = head.sequence + 1
        guard line.utf8.count <= Self.lineBytesMax, let value = Self.parsed(line), let members = value.object,
            let sequence = members["sequence"]?.integer, let previous = members["previous"]?.string,
            let hash = members["hash"]?.string
        else { return AuditFault(.unreadable, sequence: expected) }
        guard AuditRecord.canonical(value).text == line else { return AuditFault(.rewritten, sequence: sequence) }
        if acceptsAnyStart, sequence > 1 { head = AuditHead(sequence: sequence - 1, hash: previous) }
        acceptsAnyStart = false
        guard sequence == head.sequence + 1 else { return AuditFault(.gap(found: sequence), sequence: expected) }
        guard previous == head.hash else { return AuditFault(.unlinked, sequence: sequence) }
        var rest = members
        rest["hash"] = nil
        guard AuditRecord.hash(of: rest) == hash else { return AuditFault(.changed, sequence: sequence) }
        if let anchor, anchor.sequence == sequence, anchor.hash != hash {
            return AuditFault(.replaced, sequence: sequence)
        }
        head = AuditHead(sequence: sequence, hash: hash)
        return nil
    }

    private static func parsed(_ line: String) -> JSONValue? {
        do { return try JSONValue.parse(Array(line.utf8)) } catch { return nil }
    }
}

/// What is wrong with a record of the trail.
public struct AuditFault: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Kind: Sendable, Equatable {
        /// No record of the trail, or cut short.
        case unreadable
        /// Not the bytes that were written, though it may say the same.
        case rewritten
        /// Records are missing, or stand in another order.
        case gap(found: Int64)
        /// It names another record before it than there is.
        case unlinked
        /// Its content does not give its hash.
        case changed
        /// What the database finds it by is not what it says.
        case indexed
        /// It and what follows it were there once.
        case cut
        /// Another record stands where a noted one was.
        case replaced
    }

    public let kind: Kind
    /// The record that it is about; where one is missing, its number.
    public let sequence: Int64

    init(_ kind: Kind, sequence: Int64) {
        self.kind = kind
        self.sequence = sequence
    }

    /// A fault that the store finds: its columns differ from the line.
    public static func indexed(_ sequence: Int64) -> AuditFault { AuditFault(.indexed, sequence: sequence) }

    /// A stable word.
    public var word: String {
        switch kind {
        case .unreadable: "unreadable"
        case .rewritten: "rewritten"
        case .gap: "gap"
        case .unlinked: "unlinked"
        case .changed: "changed"
        case .indexed: "indexed"
        case .cut: "cut"
        case .replaced: "replaced"
        }
    }

    public var description: String {
        switch kind {
        case .unreadable: "Entry \(sequence) cannot be read."
        case .rewritten: "Entry \(sequence) is not written as it was."
        case .gap(let found): "Entry \(sequence) is missing: entry \(found) stands in its place."
        case .unlinked: "Entry \(sequence) does not follow the entry before it: one of them was exchanged."
        case .changed: "Entry \(sequence) was changed after it was written."
        case .indexed: "Entry \(sequence) is found under other words than it says."
        case .cut: "The trail was cut: entry \(sequence) and what followed it are gone."
        case .replaced: "Entry \(sequence) is not the one that was noted: the trail was written anew."
        }
    }
}
