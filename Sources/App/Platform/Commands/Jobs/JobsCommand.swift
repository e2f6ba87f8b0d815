import Configuration
import Foundation
import JSONText
import Launch

/// `nexus jobs …`: work in the background.
enum JobsCommand {
    static let group = CommandGroup("jobs", "Work in the background")

    /// In the order of the help.
    static let all = [list, show, logs, follow, cancel, retry, remove]

    private static let id = Operand("job", .one, "The job's id.")
    private static let kind = CommandOption<String>(
        "kind", .text("KIND", bytesMax: 64), "Only this kind: download, quantize, imatrix, measure, convert.")
    private static let state = CommandOption<String>(
        "state", .text("STATE", bytesMax: 128), "Only these states, with commas between: queued, running, failed.")

    private static let list = AdminCommand(
        "jobs list", "Show jobs, newest first.", options: [kind.declared, state.declared]
    ) { call in
        let answer = try await call.admin.get(
            "/api/v1/jobs", query: ["kind": call.parsed[kind], "state": call.parsed[state]])
        call.show(answer) { answer in
            let jobs = answer["jobs"]?.array ?? []
            guard !jobs.isEmpty else { return "There are no jobs.\n" }
            var table = TextTable(.left("JOB"), .left("KIND"), .left("STATE"), .right("DONE"), .left("WHAT"))
            for job in jobs {
                table.add([
                    .init(job["id"]?.string ?? ""), .init(job["kind"]?.string ?? ""), stateCell(job),
                    .init(job["progress"]?["fraction"]?.double.map { "\(Int($0 * 100)) %" } ?? ""), .init(what(job)),
                ])
            }
            return table.text(for: call.output)
        }
    }

    private static let show = AdminCommand("jobs show", "Show one job.", operands: [id]) { call in
        call.show(try await call.admin.get(path(call))) { text($0, call.output) }
    }

    private static let logs = AdminCommand("jobs logs", "Show the last lines that a job wrote.", operands: [id]) {
        call in
        call.show(try await call.admin.get(path(call))) { job in
            (job["log"]?.array ?? []).compactMap(\.string).map { PlainText.safe($0) + "\n" }.joined()
        }
    }

    private static let follow = AdminCommand(
        "jobs follow", "Show how far a job is, until it is finished.", operands: [id]
    ) { call in
        let job = try await JobFollowing.follow(call.parsed.operands[0], call)
        call.show(job) { text($0, call.output) }
    }

    private static let cancel = AdminCommand("jobs cancel", "End a job.", operands: [id]) { call in
        call.show(try await call.admin.post(path(call) + "/cancel")) { job in
            job["state"]?.string == "running" ? "The job is being ended.\n" : "The job is cancelled.\n"
        }
    }

    private static let retry = AdminCommand(
        "jobs retry", "Try a job again that failed or was cancelled.", operands: [id]
    ) { call in
        try call.admin.requireServer(to: "go on with a job")
        call.show(try await call.admin.post(path(call) + "/retry")) { _ in "The job waits for its turn.\n" }
    }

    private static let remove = AdminCommand("jobs rm", "Forget a finished job.", operands: [id]) { call in
        call.show(try await call.admin.send("DELETE", path(call))) { _ in "The job is forgotten.\n" }
    }

    private static func path(_ call: AdminCall) -> String {
        "/api/v1/jobs/" + AdminClient.escaped(call.parsed.operands[0])
    }

    // MARK: In words

    private static func stateCell(_ job: JSONValue) -> TextTable.Cell {
        let state = job["state"]?.string ?? ""
        let style: StandardStream.Style? =
            switch state {
            case "succeeded": .green
            case "failed": .red
            case "running": .cyan
            case "cancelled", "interrupted": .yellow
            default: nil
            }
        return TextTable.Cell(state, style)
    }

    /// `tiny-chat → Q4_K_M`, and why it failed.
    static func what(_ job: JSONValue) -> String {
        let parameters = job["parameters"]
        var words = parameters?["model"]?.string ?? ""
        if let type = parameters?["type"]?.string { words += " → \(type)" }
        if let message = job["error"]?["message"]?.string { words += ": \(message)" }
        return String(words.prefix(120))
    }

    private static func text(_ job: JSONValue, _ output: StandardStream) -> String {
        var rows: [(String, String)] = [
            ("Job", job["id"]?.string ?? ""), ("Kind", job["kind"]?.string ?? ""),
            ("State", job["state"]?.string ?? ""), ("What", what(job)),
            ("Attempts", "\(job["attempts"]?.integer ?? 0)"),
        ]
        if let progress = job["progress"], let stage = progress["stage"]?.string, !stage.isEmpty {
            let fraction = progress["fraction"]?.double.map { "\(Int($0 * 100)) %" } ?? ""
            rows.append(
                (
                    "Stage",
                    [stage, fraction, JobFollowing.detail(progress)].filter { !$0.isEmpty }.joined(separator: ", ")
                ))
        }
        if let start = job["started_at"]?.double {
            rows.append(("Seconds", "\(Int((job["ended_at"]?.double ?? Date().timeIntervalSince1970) - start))"))
        }
        if let error = job["error"], !error.isNull {
            rows.append(
                ("Error", [error["message"]?.string, error["hint"]?.string].compactMap(\.self).joined(separator: " ")))
        }
        if let path = job["result"]?["path"]?.string { rows.append(("File", path)) }
        let width = rows.map(\.0.count).max() ?? 0
        return rows.map { title, value in
            output.styled(title, .bold) + String(repeating: " ", count: width - title.count + 2) + PlainText.safe(value)
                + "\n"
        }.joined()
    }
}
