import Access
import Configuration
import Foundation
import JSONText
import Launch
import Vocabulary

/// `nexus audit list`, `export` and `verify`.
enum AuditCommand {
    static let group = CommandGroup("audit", "The trail of what was done")

    static let all = [list, export]

    private static let action = CommandOption<String>(
        "action", .text("ACTION", bytesMax: 256), "Only this action: sign_in, refusal, order, …")
    private static let user = CommandOption<String>(
        "user", .text("ID", bytesMax: 256), "Only what this user did.")
    private static let refused = CommandOption<Bool>("refused", .flag, "Only what was refused.")
    private static let limit = CommandOption<Int>("limit", .integer(in: 1...1_000), "How many at most (20).")
    private static let after = CommandOption<Int>(
        "after", .integer(in: 0...Int.max), "Only entries after this number.")

    private static let list = AdminCommand(
        "audit list", "Show the newest entries of the audit trail, oldest first.",
        options: [action.declared, user.declared, refused.declared, limit.declared]
    ) { call in
        let answer = try await call.admin.get(
            "/api/v1/audit",
            query: [
                "action": call.parsed[action], "user": call.parsed[user],
                "outcome": call.parsed[refused] ? "refused" : nil, "limit": String(call.parsed[limit] ?? 20),
            ])
        call.show(answer) { answer in
            let entries = (answer["entries"]?.array ?? []).reversed()
            return entries.isEmpty ? "Nothing is written down.\n" : entries.map { line($0, call.output) }.joined()
        }
    }

    private static func line(_ entry: JSONValue, _ output: StandardStream) -> String {
        let outcome = entry["outcome"]?.string ?? ""
        var words = [
            output.styled(ModelEventsCommand.moment(entry["time"]?.string), .dim),
            output.styled(PlainText.safe(entry["action"]?.string ?? ""), .bold),
            outcome == "succeeded" ? outcome : output.styled(PlainText.safe(outcome), .red),
        ]
        if let who = entry["actor"]?["name"]?.string { words.append("by \(PlainText.safe(who))") }
        if let target = entry["target"]?.string { words.append(PlainText.safe(target)) }
        if let address = entry["address"]?.string, !address.isEmpty { words.append("from \(PlainText.safe(address))") }
        if let details = entry["details"], details.object?.isEmpty == false {
            words.append(output.styled(PlainText.safe(details.text), .dim))
        }
        return words.joined(separator: "  ") + "\n"
    }

    private static let export = AdminCommand(
        "audit export", "Write the whole trail as JSON lines, as `nexus audit verify` reads them.",
        operands: [Operand("file", .optional, "Where to write; standard output when left out.")],
        options: [after.declared]
    ) { call in
        let text = try await call.admin.text(
            "/api/v1/audit/export", query: ["after": call.parsed[after].map(String.init)])
        guard let file = call.parsed.operands.first else { return call.output.write(text) }
        try Data(text.utf8).write(to: URL(filePath: file), options: .withoutOverwriting)
        call.remark("\(text.utf8.count { $0 == UInt8(ascii: "\n") }) entries are in \(file).")
    }
}

/// `nexus audit verify [FILE]`: the platform's trail, or an exported one without any platform.
enum AuditVerifyCommand {
    static let command = Command(
        "audit verify", "Tell whether the audit trail is as it was written, and the first entry that is not.",
        operands: [Operand("file", .optional, "An exported trail; the platform's own when left out.")],
        options: [anchor.declared, AdminCall.json.declared], listsSettings: false)

    private static let anchor = CommandOption<String>(
        "anchor", .text("ENTRY:HASH", bytesMax: 128),
        "An entry that must be there, as an earlier verification told it: finds a trail that was cut.")

    static func run(_ parsed: ParsedCommand, _ environment: [String: String]) async throws {
        guard let file = parsed.operands.first else {
            try await AdminSession.run(parsed, environment) { admin in
                try show(try await admin.get("/api/v1/audit/verify", query: ["anchor": parsed[anchor]]), parsed)
            }
            return
        }
        try show(try verify(file, parsed[anchor]), parsed)
    }

    /// Goes along an exported file, which may begin in the middle of a trail.
    private static func verify(_ path: String, _ anchor: String?) throws -> JSONValue {
        let text: String
        do {
            text = try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw ServiceError(
                .invalidValue, "\(path) cannot be read as text.", hint: "Name a file of `nexus audit export`.")
        }
        let noted = anchor.map { AuditHead($0) }
        if let noted, noted == nil {
            throw ServiceError(.invalidValue, "An anchor is the number of an entry, a colon and its hash.")
        }
        var verifier = AuditVerifier(acceptsAnyStart: true, anchor: noted ?? nil)
        for line in text.split(separator: "\n") {
            if let fault = verifier.check(String(line)) { return report(verifier, fault) }
        }
        return report(verifier, verifier.finish())
    }

    private static func report(_ verifier: AuditVerifier, _ fault: AuditFault?) -> JSONValue {
        var answer: JSONObject = [
            "intact": .bool(fault == nil), "entries": .integer(verifier.head.sequence),
            "hash": .string(verifier.head.hash),
        ]
        if let fault {
            answer["fault"] = [
                "kind": .string(fault.word), "sequence": .integer(fault.sequence),
                "message": .string(fault.description),
            ]
        }
        return .object(answer)
    }

    private static func show(_ answer: JSONValue, _ parsed: ParsedCommand) throws {
        let isIntact = answer["intact"]?.bool ?? false
        let count = answer["entries"]?.integer ?? 0
        if parsed[AdminCall.json] {
            StandardStream.output.write(answer.prettyText + "\n")
        } else if isIntact {
            StandardStream.output.write(
                "The entries up to \(count) are as they were written. To find out later whether some are gone, note:\n"
                    + "  nexus audit verify --anchor \(count):\(answer["hash"]?.string ?? "?")\n")
        }
        guard !isIntact else { return }
        throw ServiceError(
            .conflict, answer["fault"]?["message"]?.string ?? "The trail is broken.",
            hint: "Up to entry \(count) all is in order.")
    }
}
