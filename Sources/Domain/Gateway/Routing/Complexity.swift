import Foundation

/// How demanding a request looks, from what can be counted in it.
///
/// Chosen, not learnt: each feature saturates, and their weights sum to 1, so that the score is 0…1 and every part of it can
/// be told. What the words mean is not known to it.
public struct Complexity: Sendable, Equatable {
    /// What is counted.
    public struct Features: Sendable, Equatable {
        /// Of the last message, and of everything before it.
        public var words = 0
        public var wordsBefore = 0
        public var messages = 1
        public var tools = 0
        public var hasSchema = false
        public var hasMedia = false
        /// Words that ask for thinking: prove, compare, design, step by step.
        public var demands = 0
        /// Question marks and numbered points: parts of a task.
        public var parts = 0
        /// Marks of code and formulas.
        public var marks = 0

        public init() {}
    }

    /// 0…1.
    public var score: Double
    /// What each feature gave; they sum to `score`.
    public var shares: [(name: String, value: Double)]

    public static func == (left: Self, right: Self) -> Bool {
        left.score == right.score && left.shares.elementsEqual(right.shares, by: ==)
    }

    public init(_ features: Features) {
        /// 0 at 0, a half at `half`, three quarters at twice that.
        func saturated(_ value: Int, half: Double) -> Double { 1 - exp2(-Double(value) / half) }
        shares = [
            ("demands", 0.45 * saturated(features.demands, half: 1.2)),
            ("length", 0.25 * saturated(features.words, half: 60)),
            ("parts", 0.12 * saturated(max(0, features.parts - 1), half: 2)),
            ("tools", 0.05 * saturated(features.tools, half: 3)),
            ("history", 0.04 * saturated(features.wordsBefore, half: 1_000)),
            ("marks", 0.04 * saturated(features.marks, half: 12)),
            ("turns", 0.02 * saturated(max(0, features.messages - 1), half: 6)),
            ("schema", features.hasSchema ? 0.02 : 0),
            ("media", features.hasMedia ? 0.01 : 0),
        ]
        score = min(1, shares.reduce(0) { $0 + $1.value })
    }

    /// Words that ask for more than an answer from memory.
    private static let demanding: Set<String> = [
        "prove", "derive", "design", "architect", "analyze", "analyse", "compare", "contrast", "evaluate", "critique",
        "optimize", "optimise", "refactor", "debug", "implement", "reason", "justify", "explain", "why", "tradeoffs",
        "trade", "strategy", "plan", "steps", "step", "proof", "theorem", "algorithm", "complexity", "comprehensive",
        "detailed", "thorough", "synthesize", "simulate", "estimate", "hypothesis", "implications", "concurrent",
        "distributed", "security", "diagnose", "formally",
    ]

    /// Counts what a text adds.
    ///
    /// - Parameters:
    ///   - text: the last message; its first 16 KiB are read word by word, what follows counts by its length.
    ///   - features: what is added to.
    public static func count(_ text: String, into features: inout Features) {
        let read = 16 << 10
        var word: [UInt8] = []
        func end() {
            guard !word.isEmpty else { return }
            features.words += 1
            if word.count <= 14, demanding.contains(String(decoding: word, as: UTF8.self)) { features.demands += 1 }
            word.removeAll(keepingCapacity: true)
        }
        var lineStart = true
        for byte in text.utf8.prefix(read) {
            let lower = byte | 0x20
            if (0x61...0x7A).contains(lower) || byte >= 0x80 {
                word.append(byte < 0x80 ? lower : byte)
            } else {
                end()
                switch byte {
                case UInt8(ascii: "?"): features.parts += 1
                case UInt8(ascii: "1")...UInt8(ascii: "9") where lineStart, UInt8(ascii: "-") where lineStart,
                    UInt8(ascii: "*") where lineStart:
                    features.parts += 1
                case UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: ";"), UInt8(ascii: "="), UInt8(ascii: "^"),
                    UInt8(ascii: "`"), UInt8(ascii: "\\"), UInt8(ascii: "<"), UInt8(ascii: ">"):
                    features.marks += 1
                default: break
                }
            }
            lineStart = byte == 0x0A || (lineStart && byte == 0x20)
        }
        end()
        features.words += max(0, text.utf8.count - read) / 6
    }
}
