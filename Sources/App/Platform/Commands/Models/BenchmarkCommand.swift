import Configuration
import Hardware
import JSONText

/// `nexus models benchmark`: runs a model for some seconds and keeps how fast it was.
enum BenchmarkCommand {
    private static let model = Operand("model", .one, "Name of a model that is here.")

    static let command = AdminCommand(
        "models benchmark", "Run a model for some seconds, and keep how fast it was for predictions.", operands: [model]
    ) { call in
        let name = call.parsed.operands.first ?? ""
        call.remark("Running \(name). Other work on this machine makes it slower than it is.")
        call.show(try await call.admin.post("/api/v1/speed", ["model": .string(name)])) { answer in
            var table = TextTable(.right("prompt"), .right("prompt/s"), .right("tokens/s"), .right("threads"))
            for run in answer["runs"]?.array ?? [] {
                table.add([
                    TextTable.Cell("\(run["prompt_tokens"]?.integer ?? 0)"),
                    TextTable.Cell(Figures.number(run["prompt_tokens_per_second"]?.double ?? 0)),
                    TextTable.Cell(Figures.number(run["tokens_per_second"]?.double ?? 0)),
                    TextTable.Cell("\(run["threads"]?.integer ?? 0)"),
                ])
            }
            return table.text(for: call.output)
        }
    }
}
