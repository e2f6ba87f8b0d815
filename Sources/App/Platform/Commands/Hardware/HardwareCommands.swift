import Configuration
import Hardware
import JSONText
import Launch

/// `nexus hardware` and `nexus engines list`: what this machine has.
enum HardwareCommands {
    static let all = [hardware, engines]

    private static let refresh = CommandOption<Bool>(
        "refresh", .flag, "Look again, instead of telling what was seen shortly before.")

    private static let hardware = AdminCommand(
        "hardware", "Show processor, memory, limits, disk and GPUs of this machine.", options: [refresh.declared]
    ) { call in
        let query = call.parsed[refresh] ? "true" : "false"
        call.show(try await call.admin.get("/api/v1/hardware", query: ["refresh": query])) { text($0) }
    }

    private static let engines = AdminCommand(
        "engines list", "Show the programs that can run models, with their llama.cpp build."
    ) { call in
        call.show(try await call.admin.get("/api/v1/engines")) { answer in
            var table = TextTable(
                .left("engine"), .left("llama.cpp"), .left("ggml"), .left("devices"), .left("program"))
            for engine in answer["engines"]?.array ?? [] {
                let build = engine["build"]
                let works = engine["works"]?.bool ?? false
                table.add([
                    TextTable.Cell(engine["name"]?.string ?? "", works ? nil : .red),
                    TextTable.Cell(works ? build?["llama_cpp"]?.string ?? build?["version"]?.string ?? "?" : "-"),
                    TextTable.Cell(build?["ggml"]?.string ?? "-"),
                    TextTable.Cell((build?["devices"]?.array ?? []).compactMap(\.string).joined(separator: ", ")),
                    TextTable.Cell(works ? engine["program"]?.string ?? "" : engine["reason"]?.string ?? ""),
                ])
            }
            return table.text(for: call.output)
        }
    }

    static func text(_ machine: JSONValue) -> String {
        var lines: [(String, String)] = []
        func bytes(_ value: JSONValue?) -> String { value?.double.map { Figures.bytes($0) } ?? "?" }
        let (processor, memory) = (machine["processor"], machine["memory"])
        let (limits, usable) = (machine["limits"], machine["usable"])
        lines.append(("System", machine["system"]?.string ?? "?"))
        lines.append(
            (
                "Processor",
                "\(processor?["model"]?.string ?? "?") (\(processor?["cores"]?.integer ?? 0) cores, "
                    + "\(processor?["threads"]?.integer ?? 0) threads; usable \(usable?["threads"]?.integer ?? 0))"
            ))
        lines.append(("Features", (processor?["features"]?.array ?? []).compactMap(\.string).joined(separator: " ")))
        lines.append(
            (
                "Memory", "\(bytes(memory?["total_bytes"])), \(bytes(usable?["memory_free_bytes"])) free for models"
            ))
        if limits?["memory_max_bytes"]?.integer != nil {
            lines.append(
                ("Limit", "\(bytes(limits?["memory_max_bytes"])) by \(limits?["memory_set_by"]?.string ?? "?")"))
        }
        for disk in [machine["model_folder"]].compactMap({ $0 }) where !disk.isNull {
            lines.append(
                (
                    "Models",
                    "\(disk["path"]?.string ?? "?"): \(bytes(disk["free_bytes"])) free, "
                        + "\(disk["file_system"]?.string ?? "?"), \(disk["kind"]?.string ?? "?")"
                ))
        }
        for gpu in machine["accelerators"]?.array ?? [] {
            lines.append(
                (
                    "GPU \(gpu["index"]?.integer ?? 0)",
                    "\(gpu["name"]?.string ?? gpu["vendor"]?.string ?? "?"), \(bytes(gpu["total_bytes"])), "
                        + "\(bytes(gpu["free_bytes"])) free, driver \(gpu["driver"]?.string ?? "?")"
                ))
        }
        for place in machine["surroundings"]?.array ?? [] {
            lines.append(("Inside", "\(place["kind"]?.string ?? "?") (\(place["evidence"]?.string ?? "?"))"))
        }
        for note in machine["notes"]?.array ?? [] {
            lines.append(
                ("Note", [note["message"]?.string, note["hint"]?.string].compactMap(\.self).joined(separator: " ")))
        }
        let width = lines.map(\.0.count).max() ?? 0
        return lines.map { name, value in
            name + String(repeating: " ", count: width - name.count + 2) + PlainText.safe(value) + "\n"
        }.joined()
    }
}
