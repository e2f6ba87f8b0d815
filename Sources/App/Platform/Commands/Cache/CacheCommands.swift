import AdminAPI
import Configuration
import JSONText
import Launch
import Vocabulary

/// `nexus cache …`: answers that are kept.
enum CacheCommands {
    static let group = CommandGroup("cache", "Answers that are kept, and given again")

    /// In the order of the help.
    static let all = [stats, clear, calibrate]

    private static let limit = CommandOption<Int>("limit", .integer(in: 0...1_000), "Answers to list (default 20).")
    private static let key = CommandOption<String>("key", .text("KEY", bytesMax: 64), "One answer, by its key.")
    private static let model = CommandOption<String>(
        "model", .text("NAME", bytesMax: 256), "Answers of this deployment.")
    private static let tag = CommandOption<String>("tag", .text("TAG", bytesMax: 64), "Answers with this tag.")
    private static let tenant = CommandOption<String>("tenant", .text("NAME", bytesMax: 256), "Of this tenant only.")
    private static let everything = CommandOption<Bool>("all", .flag, "All answers.")

    private static let stats = AdminCommand(
        "cache stats", "Show what the cache did and saved, and the newest answers.",
        options: [limit.declared, model.declared, tag.declared, tenant.declared]
    ) { call in
        let answer = try await call.admin.get(
            "/api/v1/cache/answers",
            query: [
                "limit": String(call.parsed[limit] ?? 20), "model": call.parsed[model], "tag": call.parsed[tag],
                "tenant": call.parsed[tenant],
            ])
        call.show(answer) { text($0, call.output) }
    }

    private static let clear = AdminCommand(
        "cache clear", "Forget answers.",
        options: [key.declared, model.declared, tag.declared, tenant.declared, everything.declared]
    ) { call in
        let answer = try await call.admin.send(
            "DELETE", "/api/v1/cache/answers",
            query: [
                "answer": call.parsed[key], "model": call.parsed[model], "tag": call.parsed[tag],
                "tenant": call.parsed[tenant], "all": call.parsed[everything] ? "true" : nil,
            ])
        call.show(answer) { "Forgotten: \($0["forgotten"]?.integer ?? 0).\n" }
    }

    private static let calibrated = CommandOption<String>(
        "model", .text("NAME", bytesMax: 256), "Model that makes vectors (default embed).")
    private static let pairs = CommandOption<String>(
        "pairs", .text("FILE", bytesMax: 4_095),
        "Pairs of questions, one in a line: same or different, a tab, a question, a tab, another one (default: those that come with the program)."
    )
    private static let precision = CommandOption<Double>(
        "precision", .number(in: 0.5...1), "Share of the answers that must fit (default 0.95).")
    private static let isDry = CommandOption<Bool>("dry-run", .flag, "Show the threshold and do not keep it.")

    private static let calibrate = AdminCommand(
        "cache calibrate", "Find the similarity from which two questions mean the same.",
        options: [calibrated.declared, pairs.declared, precision.declared, isDry.declared]
    ) { call in
        var body: JSONObject = [
            "model": .string(call.parsed[calibrated] ?? "embed"),
            "precision": .number(call.parsed[precision] ?? 0.95), "keep": .bool(!call.parsed[isDry]),
        ]
        if let path = call.parsed[pairs] { body["pairs"] = .array(try read(path)) }
        let answer = try await call.admin.post("/api/v1/cache/answers/calibration", .object(body))
        call.show(answer) { report($0, call.output) }
    }

    private static func read(_ path: String) throws -> [JSONValue] {
        guard let bytes = try Installation.readFile(path) else {
            throw ServiceError(.invalidValue, "There is no file '\(path)'.", parameter: "pairs")
        }
        var pairs: [JSONValue] = []
        for (number, line) in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).enumerated() {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard fields.count >= 3, ["same", "different"].contains(fields[0]) else {
                throw ServiceError(
                    .invalidValue, "Line \(number + 1) of '\(path)' is no pair.",
                    hint: "Write: same or different, a tab, a question, a tab, another question.", parameter: "pairs")
            }
            var pair: JSONObject = [
                "same": .bool(fields[0] == "same"), "first": .string(fields[1]), "second": .string(fields[2]),
            ]
            if fields.count > 3, !fields[3].isEmpty { pair["kind"] = .string(fields[3]) }
            pairs.append(.object(pair))
        }
        return pairs
    }

    // MARK: Words

    static func text(_ answer: JSONValue, _ output: StandardStream) -> String {
        func count(_ value: JSONValue?) -> String { PlainText.count(value?.integer ?? 0) }
        let (requests, saved, similar) = (answer["requests"], answer["saved"], answer["similar"])
        var text = answer["enabled"] == true ? "" : "The cache is switched off (cache.enabled).\n"
        let (hits, misses) = (requests?["hit"]?.integer ?? 0, requests?["miss"]?.integer ?? 0)
        let semantic = requests?["semantic"]?.integer ?? 0
        let asked = hits + misses + semantic
        text +=
            "requests  \(hits) hits, \(semantic) by meaning, \(misses) misses"
            + (asked > 0 ? " (\((hits + semantic) * 100 / asked) % found)" : "")
            + ", \(requests?["bypass"]?.integer ?? 0) past it\n"
        text +=
            "vectors   \(requests?["vectors_hit"]?.integer ?? 0) hits, \(requests?["vectors_miss"]?.integer ?? 0) misses\n"
        text +=
            "saved     \(count(saved?["prompt_tokens"])) tokens read, \(count(saved?["completion_tokens"])) written, "
            + "\(Int(saved?["seconds"]?.double ?? 0)) s\n"
        text +=
            "kept      \(count(answer["memory"]?["answers"])) in memory "
            + "(\(PlainText.bytes(answer["memory"]?["bytes"]?.integer ?? 0))), "
            + "\(count(answer["stored"]?["answers"])) in the database\n"
        if similar?["enabled"] == true {
            let threshold = similar?["threshold"]?.double.map { "from \(percent($0))" } ?? "no vectors: not served"
            text +=
                "meaning   \(count(similar?["questions"])) questions by '\(PlainText.safe(similar?["model"]?.string ?? ""))', "
                + threshold + (similar?["calibrated"] == nil ? ", not calibrated" : "") + "\n"
        }
        let answers = answer["answers"]?.array ?? []
        guard !answers.isEmpty else { return text }
        var table = TextTable(
            .left("KEY"), .left("KIND"), .left("MODEL"), .left("TENANT"), .right("BYTES"), .right("HITS"), .left("TAGS")
        )
        for line in answers {
            table.add([
                .init(line["key"]?.string ?? ""), .init(line["kind"]?.string ?? ""), .init(line["model"]?.string ?? ""),
                .init(line["tenant"]?.string ?? ""), .init(PlainText.bytes(line["bytes"]?.integer ?? 0)),
                .init(String(line["hits"]?.integer ?? 0)),
                .init((line["tags"]?.array ?? []).compactMap(\.string).joined(separator: ", ")),
            ])
        }
        return text + "\n" + table.text(for: output)
    }

    private static func report(_ answer: JSONValue, _ output: StandardStream) -> String {
        var table = TextTable(
            .right("similarity"), .right("precision"), .right("recall"), .right("wrong"), .right("without marks"),
            .right("recall"))
        for point in answer["curve"]?.array ?? [] {
            let hundredths = Int(((point["threshold"]?.double ?? 0) * 100).rounded())
            guard hundredths >= 60, hundredths % 2 == 0 else { continue }
            table.add([
                .init(percent(point["threshold"]?.double ?? 0)), .init(percent(point["precision"]?.double ?? 0)),
                .init(percent(point["recall"]?.double ?? 0)), .init(String(point["wrong"]?.integer ?? 0)),
                .init(percent(point["precision_unguarded"]?.double ?? 0)),
                .init(percent(point["recall_unguarded"]?.double ?? 0)),
            ])
        }
        var text =
            "\(answer["pairs"]?.integer ?? 0) pairs, \(answer["same"]?.integer ?? 0) of them mean the same\n\n"
            + table.text(for: output) + "\n"
        guard let found = answer["recommended"] else {
            return text + "No similarity is good enough for the wanted precision.\n"
        }
        text +=
            "recommended: from \(percent(found["threshold"]?.double ?? 0)), which finds "
            + "\(percent(found["recall"]?.double ?? 0)) and is right in \(percent(found["precision"]?.double ?? 0)); "
            + (answer["kept"] == true ? "kept" : "not kept") + " (before: from "
            + "\(percent(answer["threshold_before"]?.double ?? 0)))\n"
        for (kind, count) in answer["mistakes"]?.object ?? JSONObject() {
            text += "  wrong in \(PlainText.safe(kind)): \(count.integer ?? 0)\n"
        }
        return text
    }

    private static func percent(_ share: Double) -> String {
        let tenths = Int((share * 1_000).rounded())
        return "\(tenths / 10).\(tenths % 10) %"
    }
}
