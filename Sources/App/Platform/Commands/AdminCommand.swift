import Configuration
import JSONText
import Launch

/// A command that gives the platform an order and shows its answer: `nexus models list`.
///
/// Each is a value in a file of its own, listed in `ModelsCommand` or `DeployCommand`. All have `--json`.
struct AdminCommand: Sendable {
    let command: Command
    let run: @Sendable (AdminCall) async throws -> Void

    /// - Parameters:
    ///   - name: with its group: `models list`.
    ///   - summary: one sentence.
    ///   - operands: in order.
    ///   - options: beside `--json` and the configuration's.
    ///   - run: gives the order and shows what comes back.
    init(
        _ name: String, _ summary: String, operands: [Operand] = [], options: [DeclaredOption] = [],
        run: @escaping @Sendable (AdminCall) async throws -> Void
    ) {
        command = Command(
            name, summary, operands: operands, options: options + [AdminCall.json.declared], listsSettings: false)
        self.run = run
    }
}

/// One use of an ``AdminCommand``: what was typed, whom to ask, and where the answer goes.
struct AdminCall: Sendable {
    static let json = CommandOption<Bool>("json", .flag, "Print the answer as JSON.")

    let parsed: ParsedCommand
    let admin: AdminClient
    var output = StandardStream.output

    /// Whether a program reads the answer.
    var isJSON: Bool { parsed[Self.json] }

    /// Shows an answer: as it is with `--json`, else in words.
    ///
    /// - Parameters:
    ///   - answer: what the platform said.
    ///   - text: the same for people, with its line ends.
    func show(_ answer: JSONValue, _ text: (JSONValue) -> String) {
        output.write(isJSON ? answer.prettyText + "\n" : text(answer))
    }

    /// A remark for people, on standard error, which no program reads.
    func remark(_ text: String, _ style: StandardStream.Style = .dim) {
        StandardStream.error.write(StandardStream.error.styled(PlainText.safe(text), style) + "\n")
    }
}
