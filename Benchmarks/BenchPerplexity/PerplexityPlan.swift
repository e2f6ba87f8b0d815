import Foundation
import LlamaRuntime

/// How well a model foretells a text, with the cache in given number formats.
struct PerplexityPlan {
    let modelPath: String
    let text: String
    let keys: CacheType
    let values: CacheType
    let threads: Int
    /// Tokens of each piece of the text; those of its second half are scored.
    let window: Int
    /// Pieces at most.
    let pieces: Int

    struct Result {
        let perplexity: Double
        let scored: Int
        /// Of what a sequence of `window` tokens holds in the cache, for each token.
        let stateBytesPerToken: Double
    }

    enum Failure: Error, CustomStringConvertible {
        case option(String)
        case textTooShort

        var description: String {
            switch self {
            case .option(let name): "--\(name) is missing or not allowed"
            case .textTooShort: "the text has fewer tokens than one window"
            }
        }
    }

    init(_ arguments: [String]) throws {
        func text(_ name: String) throws(Failure) -> String {
            guard let at = arguments.firstIndex(of: "--\(name)"), at + 1 < arguments.count else { throw .option(name) }
            return arguments[at + 1]
        }
        func number(_ name: String) throws(Failure) -> Int {
            guard let number = Int(try text(name)), number > 1, number < 1 << 20 else { throw .option(name) }
            return number
        }
        func type(_ name: String) throws(Failure) -> CacheType {
            guard let type = CacheType(rawValue: try text(name)) else { throw .option(name) }
            return type
        }
        modelPath = try text("model")
        self.text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: try text("text"))), as: UTF8.self)
        keys = try type("keys")
        values = try type("values")
        threads = Int(try text("threads")) ?? 1
        window = try number("window")
        pieces = try number("pieces")
    }

    func run() throws -> Result {
        let model = try LlamaModel(path: modelPath)
        var options = LlamaContext.Options(cells: window, sequencesMax: 1, batchTokensMax: window, threads: threads)
        (options.keyType, options.valueType, options.flashAttention) = (keys, values, .on)
        let context = try LlamaContext(model: model, options: options)
        // The text may have the marks of conversations.
        let tokens = try model.tokenize(text, addsSpecial: false, parsesSpecial: true)
        guard tokens.count >= window else { throw Failure.textTooShort }
        var sum = 0.0
        var scored = 0
        var bytes = 0
        for piece in 0..<min(pieces, tokens.count / window) {
            let part = Array(tokens[piece * window..<(piece + 1) * window])
            let rows = try compute(part, context)
            for position in window / 2..<window - 1 {
                sum += try context.withLogits(row: rows[position]) { logits in
                    Self.surprise(of: part[position + 1], in: logits)
                }
                scored += 1
            }
            bytes = context.stateBytes(ofSequence: 0)
            context.removeSequence(0)
        }
        return Result(
            perplexity: exp(sum / Double(scored)), scored: scored,
            stateBytesPerToken: Double(bytes) / Double(window))
    }

    private func compute(_ tokens: [Int32], _ context: LlamaContext) throws -> [Int32] {
        context.clearBatch()
        let rows = tokens.enumerated().map { position, token in
            context.append(
                token: token, position: Int32(position), sequence: 0, wantsLogits: position >= tokens.count / 2)
        }
        try context.decode()
        return rows
    }

    /// Minus the natural logarithm of a token's probability.
    private static func surprise(of token: Int32, in logits: UnsafeBufferPointer<Float>) -> Double {
        let greatest = Double(logits.max() ?? 0)
        let sum = logits.reduce(0.0) { $0 + exp(Double($1) - greatest) }
        return greatest + log(sum) - Double(logits[Int(token)])
    }
}
