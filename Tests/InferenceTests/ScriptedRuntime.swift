import Foundation
import Synchronization
import Vocabulary

@testable import Inference

/// A stand-in for a model, for tests of the machinery around one: each byte is a token, and a prompt that ends in
/// `=text` is answered with `text`, one byte a step. It checks what a real cache would not forgive.
final class ScriptedRuntime: ModelRuntime {
    struct Sampler { let seed: UInt32 }
    struct Broken: Error {}

    static let end: Int32 = 256

    /// What the engine's thread did, readable by the test.
    final class Record: Sendable {
        struct Log {
            var steps: [[Int: Int]] = []
            var violations: [String] = []
            var seeds: [UInt32] = []
        }
        let log = Mutex(Log())
        let failingStep = Atomic(-1)
        /// Closed gates hold the engine's thread before its next step.
        let gate = Gate()
    }

    private let record: Record
    private var cache: [Int: [Int32]] = [:]
    private var rows: [(slot: Int, wantsLogits: Bool)] = []
    private var step: [Int: Int] = [:]
    private var computed: [Int: [Int32]] = [:]

    init(record: Record) { self.record = record }

    func append(token: Int32, position: Int, slot: Int, wantsLogits: Bool) -> Int {
        if cache[slot, default: []].count != position {
            violate("slot \(slot) holds \(cache[slot, default: []].count) tokens, position \(position) came")
        }
        cache[slot, default: []].append(token)
        rows.append((slot, wantsLogits))
        step[slot, default: 0] += 1
        return rows.count - 1
    }

    private var lastRows: [(slot: Int, wantsLogits: Bool)] = []

    func decode() throws {
        record.gate.pass()
        defer {
            lastRows = rows
            rows = []
            step = [:]
        }
        let number = record.log.withLock { log in
            log.steps.append(step)
            return log.steps.count - 1
        }
        if number == record.failingStep.load(ordering: .relaxed) { throw Broken() }
    }

    func makeSampler(_ parameters: SamplingParameters, seed: UInt32) -> Sampler {
        record.log.withLock { $0.seeds.append(seed) }
        return Sampler(seed: seed)
    }

    func sample(_ sampler: Sampler, row: Int) throws -> Int32 {
        let (slot, wantsLogits) = lastRows[row]
        if !wantsLogits { violate("row \(row) was sampled without logits") }
        let tokens = cache[slot, default: []]
        guard let mark = tokens.firstIndex(of: Int32(UInt8(ascii: "="))) else { return Int32(UInt8(ascii: ".")) }
        // The prompt's text after '=' up to the first '\n' is what to say; what was said follows.
        guard let promptEnd = tokens.firstIndex(of: 10) else { return Int32(UInt8(ascii: ".")) }
        let script = tokens[(mark + 1)..<promptEnd]
        let said = tokens.count - promptEnd - 1
        return said < script.count ? script[script.startIndex + said] : Self.end
    }

    func release(slot: Int) { cache[slot] = nil }

    private func violate(_ text: String) { record.log.withLock { $0.violations.append(text) } }
}

/// A gate on a thread: open at first.
final class Gate: Sendable {
    private let isClosed = Atomic(false)
    func close() { isClosed.store(true, ordering: .releasing) }
    func open() { isClosed.store(false, ordering: .releasing) }
    /// Polls: only tests wait here, and only for moments.
    func pass() { while isClosed.load(ordering: .acquiring) { sched_yield() } }
}

/// Each byte is a token.
struct ByteTokenizer: Tokenizing {
    func tokens(of text: String, addsSpecial: Bool, parsesSpecial: Bool) throws(ServiceError) -> [Int32] {
        text.utf8.map(Int32.init)
    }
    func bytes(of token: Int32) -> [UInt8] { token < 256 ? [UInt8(token)] : [] }
    func isEndOfGeneration(_ token: Int32) -> Bool { token == ScriptedRuntime.end }
    var vocabularyCount: Int { 257 }
    var beginText: String { "" }
    var endText: String { "" }
    var controlTexts: [String] { ["<|im_start|>"] }
}
