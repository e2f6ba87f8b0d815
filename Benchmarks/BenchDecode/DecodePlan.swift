import LlamaRuntime

/// What is decoded, from `--name value` pairs that must all be there.
struct DecodePlan {
    let modelPath: String
    let context: LlamaContext.Options
    /// Sequences that are decoded.
    let sequences: Int
    /// Tokens that each of them has before the time is taken.
    let promptTokens: Int
    /// Steps whose time is taken.
    let steps: Int

    /// Steps before that, whose time is not taken.
    private static let warmSteps = 2
    /// Any token; what it says changes nothing about the work.
    private static let tokens: ClosedRange<Int32> = 1000...100_000

    enum Failure: Error, CustomStringConvertible {
        case option(String)
        case doesNotFit

        var description: String {
            switch self {
            case .option(let name): "--\(name) is missing or no number from 1"
            case .doesNotFit: "the sequences do not fit into the cells, into a batch, or into --sequences-max"
            }
        }
    }

    init(_ arguments: [String]) throws(Failure) {
        func text(_ name: String) throws(Failure) -> String {
            guard let at = arguments.firstIndex(of: "--\(name)"), at + 1 < arguments.count else {
                throw .option(name)
            }
            return arguments[at + 1]
        }
        func number(_ name: String) throws(Failure) -> Int {
            guard let number = Int(try text(name)), number > 0, number < 1 << 24 else { throw .option(name) }
            return number
        }
        modelPath = try text("model")
        context = LlamaContext.Options(
            cells: try number("cells"), sequencesMax: try number("sequences-max"),
            batchTokensMax: try number("batch"), threads: try number("threads"))
        sequences = try number("sequences")
        promptTokens = try number("prompt")
        steps = try number("steps")
        guard sequences <= context.sequencesMax, promptTokens <= context.batchTokensMax,
            sequences * (promptTokens + Self.warmSteps + steps) <= context.cells
        else { throw .doesNotFit }
    }

    /// - Throws: `LlamaError`.
    func meanStepMilliseconds() throws -> Double {
        let model = try LlamaModel(path: modelPath)
        let decoder = try LlamaContext(model: model, options: context)
        var token = Self.tokens.lowerBound
        func append(sequence: Int, position: Int, wantsLogits: Bool) {
            token = token == Self.tokens.upperBound ? Self.tokens.lowerBound : token + 1
            _ = decoder.append(
                token: token, position: Int32(position), sequence: Int32(sequence), wantsLogits: wantsLogits)
        }
        for sequence in 0..<sequences {
            decoder.clearBatch()
            for position in 0..<promptTokens {
                append(sequence: sequence, position: position, wantsLogits: position == promptTokens - 1)
            }
            try decoder.decode()
        }
        let clock = ContinuousClock()
        var started = clock.now
        for step in 0..<Self.warmSteps + steps {
            if step == Self.warmSteps { started = clock.now }
            decoder.clearBatch()
            for sequence in 0..<sequences {
                append(sequence: sequence, position: promptTokens + step, wantsLogits: true)
            }
            try decoder.decode()
        }
        return (clock.now - started) / .milliseconds(1) / Double(steps)
    }
}
