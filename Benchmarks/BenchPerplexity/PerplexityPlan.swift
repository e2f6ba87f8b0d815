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

        var description: String {
            switch self {
            case .option(let name): "--\(name) is missing or not allowed"
            }
        }
    }

    init(_ arguments: [String]) throws {
        func text(_ name: String) throws(Failure) -> String {
            guard let at = arguments.firstIndex(of: "--\(name)"), at + 1 < arguments.count else { throw .option(name) }
            return arguments[at + 1]
        }
        func number(_ name: String, from least: Int) throws(Failure) -> Int {
            guard let number = Int(try text(name)), number >= least, number < 1 << 20 else { throw .option(name) }
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
        window = try number("window", from: 4)
        pieces = try number("pieces", from: 1)
    }

    func run() throws -> Result {
        let model = try LlamaModel(path: modelPath)
        // The text may have the marks of conversations.
        let parts = try TextWindows(text, for: model, length: window, countMax: pieces, parsesSpecial: true)
        let meter = try LikelihoodMeter(model, window: window, threads: threads) { options in
            (options.keyType, options.valueType, options.flashAttention) = (keys, values, .on)
        }
        for part in parts.windows {
            try meter.compute(part, scored: parts.scored)
            try meter.score(part, scored: parts.scored)
        }
        return Result(
            perplexity: meter.likelihood.perplexity, scored: meter.likelihood.count,
            stateBytesPerToken: Double(meter.context.stateBytes(ofSequence: 0)) / Double(window))
    }
}
