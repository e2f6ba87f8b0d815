import Access
import JSONText
import Testing
import Vocabulary

@Suite struct AuditChainTests {
    static let entries: [AuditEntry] = (1...5).map { number in
        var entry = AuditEntry(
            .order, number == 3 ? .refused : .succeeded, by: AuditActor(.open), on: "deployment:m\(number)",
            details: [.operation: "startDeployment", .status: .number(Int64(200 + number))])
        entry.at = Int64(number)
        return entry
    }

    private func fault(in lines: [String], acceptsAnyStart: Bool = false) -> AuditFault? {
        var verifier = AuditVerifier(acceptsAnyStart: acceptsAnyStart)
        return lines.lazy.compactMap { verifier.check($0) }.first
    }

    private var lines: [String] { AuditRecord.link(Self.entries, after: .origin).map(\.line) }

    @Test func `records follow one another from the origin`() {
        let records = AuditRecord.link(Self.entries, after: .origin)
        #expect(records.map(\.sequence) == [1, 2, 3, 4, 5])
        #expect(records[0].previous == AuditHead.origin.hash)
        #expect(zip(records, records.dropFirst()).allSatisfy { $1.previous == $0.hash })
        #expect(fault(in: records.map(\.line)) == nil)
    }

    @Test func `a line is canonical JSON with the hash of the rest`() throws {
        let record = AuditRecord(Self.entries[0], after: .origin)
        #expect(
            record.line == """
                {"action":"order","actor":{"name":"local","role":"admin","tenant":"","user":"local","via":"open"},"at":1,\
                "details":{"operation":"startDeployment","status":201},"hash":"\(record.hash)","outcome":"succeeded",\
                "previous":"\(AuditHead.origin.hash)","sequence":1,"target":"deployment:m1"}
                """)
    }

    @Test(arguments: ["m2", "201", "\"at\":1", "startDeployment", "succeeded", "admin"])
    func `a changed value is found at its record`(text: String) {
        for (index, line) in lines.enumerated() where line.contains(text) {
            var changed = lines
            changed[index] = line.replacing(text, with: String(text.dropLast()) + (text.hasSuffix("9") ? "8" : "9"))
            let fault = fault(in: changed)
            #expect(fault?.sequence == Int64(index + 1))
            #expect(fault?.word == "changed" || fault?.word == "unreadable")
        }
    }

    @Test func `a removed record is found`() {
        var shorter = lines
        shorter.remove(at: 2)
        #expect(fault(in: shorter)?.description == "Entry 3 is missing: entry 4 stands in its place.")
    }

    @Test func `exchanged records are found`() {
        var mixed = lines
        mixed.swapAt(1, 2)
        #expect(fault(in: mixed)?.sequence == 2)
    }

    @Test func `a record written anew breaks the chain at the next one`() {
        var other = Self.entries[2]
        other.outcome = .succeeded
        let forged = AuditRecord(other, after: AuditRecord.link(Array(Self.entries[..<2]), after: .origin)[1].head)
        var lines = lines
        lines[2] = forged.line
        #expect(fault(in: lines)?.sequence == 4)
        #expect(fault(in: lines)?.word == "unlinked")
    }

    @Test func `the same content in other bytes is found`() {
        var spaced = lines
        spaced[1] = spaced[1].replacing("\"at\":2", with: "\"at\": 2")
        #expect(fault(in: spaced)?.word == "rewritten")
        spaced[1] = lines[1].replacing("{\"action\"", with: "{\"x\":1,\"action\"")
        #expect(fault(in: spaced)?.word == "rewritten")
    }

    @Test func `no line is read that is no record`() {
        for text in ["", "{}", "[]", "null", "{\"sequence\":\"1\"}", String(repeating: "[", count: 100_000)] {
            #expect(fault(in: [text])?.word == "unreadable")
        }
        #expect(fault(in: [String(lines[0].dropLast())])?.word == "unreadable")
    }

    @Test func `an export may begin in the middle, and only its beginning`() {
        #expect(fault(in: Array(lines[2...]), acceptsAnyStart: true) == nil)
        #expect(fault(in: Array(lines[2...]))?.sequence == 1)
        #expect(fault(in: [lines[1], lines[3]], acceptsAnyStart: true)?.sequence == 3)
    }

    @Test func `a trail that was cut, or written anew, does not lead through its anchor`() throws {
        let records = AuditRecord.link(Self.entries, after: .origin)
        let anchor = try #require(AuditHead("4:\(records[3].hash)"))
        func fault(_ records: [AuditRecord]) -> AuditFault? {
            var verifier = AuditVerifier(anchor: anchor)
            return records.lazy.compactMap { verifier.check($0.line) }.first ?? verifier.finish()
        }
        #expect(fault(records) == nil && fault(Array(records[..<4])) == nil)
        #expect(fault(Array(records[..<3]))?.word == "cut" && fault([])?.sequence == 1)
        let others = AuditRecord.link(Self.entries.reversed(), after: .origin)
        #expect(fault(others)?.word == "replaced" && fault(others)?.sequence == 4)
        for text in ["", "4", "x:y", "0:\(anchor.hash)", "4:\(anchor.hash)0", "4:\(anchor.hash.uppercased())"] {
            #expect(AuditHead(text) == nil)
        }
    }

    @Test func `texts of entries end no line and move no cursor`() {
        let wild = "a\r\nFAKE\u{1B}[2J\u{202E}x\u{2028}\0\u{85}"
        var entry = AuditEntry(
            AuditAction(rawValue: wild), by: nil, on: wild, details: [.reason: .text(wild), .scopes: .list([wild])])
        entry.source = AuditSource(address: wild, requestID: wild)
        let line = AuditRecord(entry, after: .origin).line
        #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 && ![0x85, 0x202E, 0x2028].contains($0.value) })
        #expect(!line.contains("\\n") && !line.contains("\\u"))
        #expect(fault(in: [line]) == nil)
    }

    @Test func `texts are cut between characters`() {
        let long = String(repeating: "ä", count: 200)
        #expect(AuditText.safe(long) == String(repeating: "ä", count: 128))
        #expect(AuditText.safe("x" + long).utf8.count == 255)
        #expect(AuditText.safe("plain") == "plain")
    }

    @Test func `the actor is the caller, without its credential`() {
        var principal = Principal.open
        principal.origin = .session("cookie-value")
        Principal.$current.withValue(principal) {
            AuditSource.$current.withValue(AuditSource(address: "203.0.113.9", requestID: "req_1")) {
                let line = AuditRecord(AuditEntry(.signIn), after: .origin).line
                #expect(line.contains("\"via\":\"session\"") && !line.contains("cookie-value"))
                #expect(line.contains("203.0.113.9") && line.contains("req_1"))
            }
        }
        principal.origin = .apiKey("key_1")
        #expect(AuditActor(principal).credential == "key_1")
    }
}
