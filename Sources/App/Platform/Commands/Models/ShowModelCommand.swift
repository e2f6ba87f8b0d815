import Configuration
import Hardware
import JSONText
import Launch
import Vocabulary

/// `nexus models show`
enum ShowModelCommand {
    private static let events = CommandOption<Int>(
        "events", .integer(in: 0...1_000), "How many of the newest events to show (5).")
    private static let check = CommandOption<Bool>(
        "check", .flag, "Read the files from end to end and compare their SHA-256.")
    private enum LongText: String, CaseIterable, Sendable { case template, license, card, system }
    private static let longText = CommandOption<LongText>("text", .choice, "Print only this text, as it is.")

    static let command = AdminCommand(
        "models show", "Show one model: what it is, its files, its use, what happened to it.",
        operands: [Operand("model", .one, "Name, or name:tag.")],
        options: [events.declared, check.declared, longText.declared]
    ) { call in
        let path = "/api/v1/models/" + AdminClient.escaped(call.parsed.operands[0])
        var answer = try await call.admin.get(path).object ?? JSONObject()
        if let wanted = call.parsed[longText] { return try show(wanted, of: .object(answer), call) }
        if call.parsed[check] {
            answer["files"] = try await call.admin.send("POST", path + "/check", query: ["digests": "true"])["files"]
        }
        let count = call.parsed[events] ?? 5
        if count > 0, let name = answer["name"]?.string {
            answer["events"] = try await call.admin.get(
                "/api/v1/models/\(AdminClient.escaped(name))/events", query: ["limit": String(count)])["events"]
        }
        call.show(.object(answer)) { text(of: $0, for: call.output) }
    }

    private static func show(_ wanted: LongText, of model: JSONValue, _ call: AdminCall) throws {
        let texts = model["texts"]
        let value =
            switch wanted {
            case .template: texts?["chat_template"]
            case .license: texts?["license"]
            case .card: texts?["card"]
            case .system: model["defaults"]?["system"]
            }
        guard let found = value?.string else {
            throw ServiceError(
                .notFound, "The model '\(model["name"]?.string ?? "")' has no \(wanted.rawValue).",
                hint: "Its file holds none, and none lies beside it.")
        }
        // What steers a terminal stays out of it; a pipe gets the text as it is.
        call.show(.string(found)) { _ in call.output.isTerminal ? PlainText.safeLines(found) + "\n" : found + "\n" }
    }

    static func text(of model: JSONValue, for output: StandardStream) -> String {
        let state = model["state"]?.string ?? ""
        var lines = [
            output.styled(PlainText.safe(model["name"]?.string ?? ""), .bold) + "  "
                + (ListModelsCommand.style(of: state).map { output.styled(state, $0) } ?? state)
        ]
        func add(_ title: String, _ value: String?) {
            guard let value, !value.isEmpty else { return }
            let padding = String(repeating: " ", count: max(1, 14 - title.count))
            lines.append("  " + output.styled(title, .dim) + padding + PlainText.safe(value))
        }
        let metadata = model["metadata"]
        if let failure = model["failure"] {
            add("failed", "\(failure["step"]?.string ?? ""): \(failure["reason"]?.string ?? "")")
        }
        add("title", metadata?["title"]?.string)
        let kind = [metadata?["format"]?.string, metadata?["architecture"]?.string].compactMap { $0 }
        add("kind", kind.joined(separator: ", "))
        add("parameters", metadata?["parameter_count"]?.integer.map(PlainText.count))
        add("quantised", metadata?["quantization"]?.string)
        add("context", metadata?["context_length"]?.integer.map { "\($0) tokens" })
        add("licence", metadata?["license"]?.string)
        add("template", metadata?["has_chat_template"] == true ? "yes (--text template)" : "no")
        add("card", model["texts"]?["card"].map { _ in "yes (--text card)" })
        let origin = model["origin"]
        add(
            "origin",
            [origin?["kind"], origin?["path"] ?? origin?["repository"] ?? origin?["from"]]
                .compactMap { $0?.string }.joined(separator: " "))
        for file in model["files"]?.array ?? [] { add(file["role"]?.string ?? "file", self.file(file)) }
        add("defaults", model["defaults"]?["parameters"]?.text)
        add("rating", model["rating"]?.integer.map { "\($0) of 5" })
        add("tags", (model["tags"]?.array ?? []).compactMap(\.string).joined(separator: ", "))
        add("notes", model["notes"]?.string)
        let usage = model["usage"]
        add(
            "used",
            "\(usage?["requests"]?.integer ?? 0) requests, \(usage?["prompt_tokens"]?.integer ?? 0) tokens read, "
                + "\(usage?["completion_tokens"]?.integer ?? 0) written")
        add("used by", (model["used_by"]?.array ?? []).compactMap(\.string).joined(separator: ", "))
        for benchmark in (model["benchmarks"]?.array ?? []).prefix(5) { add("measured", self.benchmark(benchmark)) }
        for event in model["events"]?.array ?? [] {
            add("event", ModelEventsCommand.moment(event["at"]?.string) + "  " + ModelEventsCommand.description(event))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// `speed: 81.2 tokens/s, 402 tokens/s of a prompt of 512, 2 threads  2026-11-21 15:04:05`
    private static func benchmark(_ benchmark: JSONValue) -> String {
        let values = benchmark["values"]
        var words: [String] = []
        if let speed = values?["tokens_per_second"]?.double { words.append("\(Figures.number(speed)) tokens/s") }
        if let speed = values?["prompt_tokens_per_second"]?.double, let count = values?["prompt_tokens"]?.integer {
            words.append("\(Figures.number(speed)) tokens/s of a prompt of \(count)")
        }
        if let threads = values?["threads"]?.integer { words.append("\(threads) threads") }
        if words.isEmpty, let values { words.append(String(values.text.prefix(120))) }
        return "\(benchmark["kind"]?.string ?? ""): " + words.joined(separator: ", ") + "  "
            + ModelEventsCommand.moment(benchmark["at"]?.string)
    }

    private static func file(_ file: JSONValue) -> String {
        var words = [file["path"]?.string ?? "", PlainText.bytes(file["byte_count"]?.integer ?? 0)]
        if let standing = file["standing"]?.string, standing != "unchanged" { words.append(standing) }
        if let matches = file["digest_matches"]?.bool { words.append(matches ? "SHA-256 right" : "SHA-256 WRONG") }
        if file["digest_matches"] == nil, let digest = file["sha256_now"]?.string { words.append("sha256 \(digest)") }
        return words.joined(separator: "  ")
    }
}
