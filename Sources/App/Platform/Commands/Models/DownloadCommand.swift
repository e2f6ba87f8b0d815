import Configuration
import JSONText
import Launch
import Vocabulary

/// `nexus models download`: brings a model from the hub and shows how far it is.
enum DownloadCommand {
    private static let isDetached = CommandOption<Bool>(
        "detach", .flag, "Return at once; the running server goes on with it.")
    private static let isListing = CommandOption<Bool>(
        "files", .flag, "Only show what the repository holds and what would be fetched.")

    static let command = AdminCommand(
        "models download",
        "Bring a model from the hub; the same command goes on with what has arrived.",
        operands: [
            Operand(
                "model", .one,
                "owner/name, owner/name:Q4_K_M, owner/name:file.gguf, owner/name:safetensors or owner/name@revision:Q8_0."
            )
        ],
        options: [isDetached.declared, isListing.declared]
    ) { call in
        let model = call.parsed.operands[0]
        if call.parsed[isListing] { return try await list(model, call) }
        if call.parsed[isDetached] { try call.admin.requireServer(to: "go on with the download") }
        let job = try await call.admin.post("/api/v1/models/downloads", ["model": .string(model)])
        let id = job["id"]?.string ?? ""
        if call.parsed[isDetached] {
            call.show(job) { _ in "The download \(id) goes on in the server.\n" }
            return
        }
        try await follow(id, call)
    }

    private static func list(_ model: String, _ call: AdminCall) async throws {
        let listing = try await call.admin.get("/api/v1/hub/files", query: ["model": model])
        call.show(listing) { listing in
            let chosen = Set(listing["chosen"]?.array?.compactMap(\.string) ?? [])
            var table = TextTable(.left("FILE"), .right("SIZE"), .left(""))
            for file in listing["files"]?.array ?? [] {
                let path = file["path"]?.string ?? ""
                table.add([
                    .init(path), .init(file["bytes"]?.integer.map { PlainText.bytes($0) } ?? "?"),
                    .init(chosen.contains(path) ? "chosen" : "", .green),
                ])
            }
            return table.text(for: call.output)
        }
    }

    private static func follow(_ id: String, _ call: AdminCall) async throws {
        var line = ProgressLine()
        var last = JSONValue.null
        try await call.admin.follow("GET", "/api/v1/models/downloads/\(AdminClient.escaped(id))/events") { _, job in
            last = job
            if !call.isJSON, let progress = job["progress"] {
                line.update(
                    progress["stage"]?.string ?? "", fraction: progress["fraction"]?.double,
                    detail: detail(job))
            }
            return true
        }
        line.end()
        guard last["state"]?.string == "succeeded", let result = last["result"] else { throw failure(last) }
        call.show(last) { _ in
            "\(PlainText.safe(result["path"]?.string ?? ""))\n"
        }
    }

    /// `1.2 GB of 4.1 GB, 85 MB/s, 34 s left`.
    static func detail(_ job: JSONValue) -> String {
        guard let download = job["download"], let bytes = download["bytes"]?.integer,
            let total = download["bytes_total"]?.integer
        else { return "" }
        var parts = ["\(PlainText.bytes(bytes)) of \(PlainText.bytes(total))"]
        if let rate = download["bytes_per_second"]?.integer, rate > 0 { parts.append("\(PlainText.bytes(rate))/s") }
        if let seconds = download["seconds_left"]?.integer, seconds > 0 { parts.append("\(time(seconds)) left") }
        if let note = download["note"]?.string { parts.append(note) }
        return parts.joined(separator: ", ")
    }

    /// `34 s`, `5 min`, `2 h 10 min`.
    static func time(_ seconds: Int64) -> String {
        switch seconds {
        case ..<100: "\(seconds) s"
        case ..<5940: "\((seconds + 30) / 60) min"
        default: "\(seconds / 3600) h \(seconds % 3600 / 60) min"
        }
    }

    private static func failure(_ job: JSONValue) -> ServiceError {
        let error = job["error"]
        guard let message = error?["message"]?.string else {
            return ServiceError(
                .conflict, "The download is \(job["state"]?.string ?? "not known any more").",
                hint: "What has arrived is kept: the same command goes on from there.")
        }
        return ServiceError(
            ServiceError.Code(rawValue: error?["code"]?.string ?? ""), message, hint: error?["hint"]?.string)
    }
}
