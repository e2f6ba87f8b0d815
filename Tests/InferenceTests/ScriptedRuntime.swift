import Foundation
import Synchronization
import Vocabulary

@testable import Inference

/// A stand-in for a model, for tests of the machinery around one: each byte is a token, and a prompt that has
/// `=text` and a line break is answered with `text`, one byte a step. It checks what a real cache would not forgive: each
/// sequence's tokens, which are all that its answer is made of.
final class ScriptedRuntime: ModelRuntime {
    struct Broken: Error {}

    static let end: Int32 = 256
    static let vocabulary = 257
    /// After a prompt with this token the logits are no numbers.
    static let poison = Int32(UInt8(ascii: "#"))

    /// What the engine's thread did, readable by the test.
    final class Record: Sendable {
        struct Log {
            var steps: [[Int: Int]] = []
            var violations: [String] = []
            var statesSaved = 0
            var statesRestored = 0
            /// Cells in use after the last step, counted by looking at them.
            var cellsUsed = 0
            /// The scripts that answers began with, in the order of their first tokens.
            var begun: [String] = []
            /// Steps of the isolated memory: how many tokens each had.
            var isolatedSteps: [Int] = []
            var observedSteps = 0
            /// Of how many sequences tokens were chosen at once, each time.
            var chosenTogether: [Int] = []
            /// The adapters of each step.
            var adapters: [AdapterSet] = []
            /// The names of those that are in memory, by the ids that `AdapterCandidate.load` got.
            var loadedAdapters: [Int: String] = [:]
            /// All that anything was computed with, as names and scales; states know them by place.
            var knownAdapters: [[String]] = [[]]
        }
        let log = Mutex(Log())
        let failingStep = Atomic(-1)
        /// There is no room for more cells than this, whatever was promised.
        let cellsReally = Atomic(Int.max)
        /// This step of the isolated memory fails.
        let failingIsolatedStep = Atomic(-1)
        /// Closed gates hold the engine's thread before its next step.
        let gate = Gate()
    }

    /// A position of the cache: who holds it. Sharing is by reference, as in the real one.
    private struct Cell {
        let token: Int32
        var position: Int
        /// What it was computed with: nobody with other adapters may look at it.
        let adapters: [String]
        var holders: Set<Int>
        /// Which cell of the cache it is, for those who observe attention.
        var number = 0
    }

    let shape: RuntimeShape
    private let record: Record
    private var cells: [Cell] = []
    private var rows: [(sequence: Int, position: Int, wantsLogits: Bool)] = []
    private var lastRows: [(sequence: Int, position: Int, wantsLogits: Bool)] = []
    private var pending: [Cell] = []
    /// Sequences that were shifted since the last step.
    private var moved: Set<Int> = []
    private let isIsolated: Bool
    /// As a draft model it has one of so many tokens wrong; 0 has none wrong.
    private let wrongEvery: Int
    private var adapters = AdapterSet.none
    /// The same by names.
    private var names: [String] = []

    init(record: Record, shape: RuntimeShape, isIsolated: Bool = false, wrongEvery: Int = 0) {
        self.record = record
        self.shape = shape
        self.isIsolated = isIsolated
        self.wrongEvery = wrongEvery
    }

    private func guess(_ token: Int32, at position: Int) -> Int32 {
        wrongEvery > 0 && position % wrongEvery == 0 ? (token + 1) % Int32(Self.vocabulary) : token
    }

    func append(token: Int32, position: Int, sequence: Int, wantsLogits: Bool) -> Int {
        let held = next(of: sequence)
        if held != position { violate("sequence \(sequence) holds \(held) tokens, position \(position) came") }
        if sequence >= shape.sequences { violate("there is no sequence \(sequence)") }
        pending.append(Cell(token: token, position: position, adapters: names, holders: [sequence]))
        rows.append((sequence, position, wantsLogits))
        return rows.count - 1
    }

    func decode() throws {
        record.gate.pass()
        defer {
            lastRows = rows
            rows = []
            pending = []
        }
        if cells.count + pending.count > room { throw RuntimeFailure.noRoom }
        cells += pending
        moved = []
        let step = Dictionary(rows.map { ($0.sequence, 1) }, uniquingKeysWith: +)
        let (number, isolated) = record.log.withLock { log in
            if isIsolated { log.isolatedSteps.append(rows.count) }
            log.steps.append(step)
            log.adapters.append(adapters)
            log.cellsUsed = cells.count
            return (log.steps.count - 1, log.isolatedSteps.count - 1)
        }
        if isIsolated, isolated == record.failingIsolatedStep.load(ordering: .relaxed) { throw Broken() }
        if number == record.failingStep.load(ordering: .relaxed) { throw Broken() }
    }

    /// Rows become tokens beyond the vocabulary, by the first number of each vector.
    func decode(_ media: MediaRows) throws -> Int {
        if media.vectors.count != media.chunk.rows { violate("\(media.vectors.count) vectors for a chunk") }
        for row in media.range {
            _ = append(
                token: Self.firstRow + Int32(media.vectors[row]), position: media.position + row,
                sequence: media.sequence, wantsLogits: media.wantsLogits && row == media.range.upperBound - 1)
        }
        if !media.chunk.isCausal, media.range != 0..<media.chunk.rows { violate("a whole chunk was cut") }
        let last = rows.count - 1
        try decode()
        return last
    }

    static let firstRow: Int32 = 300
    /// Rows look at capital letters, and hardly at anything else.
    func decodeObserving() throws -> ObservedAttention {
        let sequence = rows.last?.sequence ?? 0
        if Set(rows.map(\.sequence)).count > 1 { violate("rows of several sequences were observed together") }
        record.log.withLock { $0.observedSteps += 1 }
        try decode()
        var used = Set(cells.map(\.number))
        for index in cells.indices where cells[index].number == 0 {
            var number = 1
            while used.contains(number) { number += 1 }
            used.insert(number)
            cells[index].number = number
        }
        var seen = ObservedAttention(
            weights: Array(repeating: 0, count: (used.max() ?? 0) + 1),
            visible: cells.filter { $0.holders.contains(sequence) }.map(\.number).sorted())
        let capitals = Int32(UInt8(ascii: "A"))...Int32(UInt8(ascii: "Z"))
        for cell in cells { seen.weights[cell.number] = capitals.contains(cell.token) ? 1 : 0.01 }
        return seen
    }

    func positions(of sequence: Int) throws -> [Int] {
        cells.filter { $0.holders.contains(sequence) }.sorted { $0.number < $1.number }.map(\.position)
    }

    func withLogits<Result>(row: Int, _ body: (UnsafeBufferPointer<Float>) throws -> Result) throws -> Result {
        let asked = lastRows[row]
        if !asked.wantsLogits { violate("row \(row) was sampled without logits") }
        var logits = [Float](repeating: 0, count: Self.vocabulary)
        // What lies after the row is no business of its own.
        let tokens = Array(tokens(asked.sequence).prefix(asked.position + 1))
        logits[Int(guess(next(after: tokens), at: tokens.count))] = 100
        if tokens.contains(Self.poison) { logits = logits.map { _ in .nan } }
        return try logits.withUnsafeBufferPointer(body)
    }

    func threadsAwake(afterRow row: Int) -> Int { shape.threads }

    func each(_ count: Int, _ work: (_ index: Int, _ thread: Int) -> Void) {
        record.log.withLock { $0.chosenTogether.append(count) }
        let next = Atomic(0)
        // Several threads call it, which is what the engine has to be made for; Thread Sanitizer looks on.
        nonisolated(unsafe) let work = work
        DispatchQueue.concurrentPerform(iterations: shape.threads) { thread in
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard index < count else { break }
                work(index, thread)
            }
        }
    }

    private func next(after tokens: [Int32]) -> Int32 {
        // The text after the last '=' up to the next line break is what to say; what was said follows.
        guard let mark = tokens.lastIndex(of: Int32(UInt8(ascii: "="))),
            let promptEnd = tokens[mark...].firstIndex(of: 10)
        else {
            return Int32(UInt8(ascii: "."))
        }
        let script = tokens[(mark + 1)..<promptEnd]
        let said = tokens.count - promptEnd - 1
        if said == 0 {
            let text = String(decoding: script.map { UInt8($0) }, as: UTF8.self)
            record.log.withLock { $0.begun.append(text) }
        }
        return said < script.count ? script[script.startIndex + said] : Self.end
    }

    func share(_ range: Range<Int>, of source: Int, with target: Int) {
        let positions = cells.filter { $0.holders.contains(source) && range.contains($0.position) }.map(\.position)
        if positions.sorted() != Array(range) { violate("sequence \(source) does not hold \(range) to share") }
        for index in cells.indices where cells[index].holders.contains(source) && range.contains(cells[index].position)
        {
            cells[index].holders.insert(target)
        }
    }

    func forget(_ sequence: Int, from start: Int) -> Bool {
        if shape.memory == .checkpoints, start > 0 { return false }
        forget(sequence, range: start..<Int.max)
        return true
    }

    func forget(_ sequence: Int, range: Range<Int>) {
        if shape.memory == .checkpoints, range.lowerBound > 0 {
            violate("a part of sequence \(sequence) was forgotten")
        }
        for index in cells.indices where range.contains(cells[index].position) { cells[index].holders.remove(sequence) }
        cells.removeAll { $0.holders.isEmpty }
    }

    func shift(_ sequence: Int, from start: Int, by offset: Int) {
        if !shape.canShift { violate("this memory cannot be shifted") }
        for index in cells.indices where cells[index].holders.contains(sequence) && cells[index].position >= start {
            if cells[index].holders.count > 1 { violate("a cell was moved that \(cells[index].holders) share") }
            cells[index].position += offset
        }
        moved.insert(sequence)
    }

    func state(of sequence: Int) throws -> [UInt8] {
        if moved.contains(sequence) { violate("the keys of sequence \(sequence) were not turned yet") }
        record.log.withLock { $0.statesSaved += 1 }
        return cells.filter { $0.holders.contains(sequence) }.sorted { $0.position < $1.position }.flatMap { cell in
            [cell.position, Int(cell.token) | place(of: cell.adapters) << 16].flatMap { number in
                (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
            }
        }
    }

    func stateBytes(of sequence: Int) -> Int { count(sequence) * 8 }

    func restore(_ state: [UInt8], to sequence: Int) -> Bool {
        record.log.withLock { $0.statesRestored += 1 }
        forget(sequence, range: 0..<Int.max)
        // A damaged state is one that lost its end.
        guard state.count % 8 == 0 else { return false }
        let numbers = stride(from: 0, to: state.count, by: 4).map { start in
            (0..<4).reduce(0) { $0 | Int(state[start + $1]) << (8 * $1) }
        }
        if cells.count + numbers.count / 2 > room { return false }
        for index in stride(from: 0, to: numbers.count, by: 2) {
            let adapters = record.log.withLock { $0.knownAdapters[numbers[index + 1] >> 16] }
            cells.append(
                Cell(
                    token: Int32(numbers[index + 1] & 0xFFFF), position: numbers[index], adapters: adapters,
                    holders: [sequence]))
        }
        return true
    }

    private var room: Int {
        guard shape.hasCellPerToken else { return .max }
        return isIsolated ? shape.cells : min(shape.cells, record.cellsReally.load(ordering: .relaxed))
    }

    private func place(of adapters: [String]) -> Int {
        record.log.withLock { log in
            if let place = log.knownAdapters.firstIndex(of: adapters) { return place }
            log.knownAdapters.append(adapters)
            return log.knownAdapters.count - 1
        }
    }

    func apply(_ adapters: AdapterSet) throws {
        let loaded = record.log.withLock(\.loadedAdapters)
        let missing = adapters.scales.filter { loaded[$0.id] == nil }
        if !missing.isEmpty { violate("adapters \(missing) are not in memory") }
        names = adapters.scales.map { "\(loaded[$0.id] ?? "?")*\($0.scale)" }.sorted()
        self.adapters = adapters
    }

    func setThreads(_ count: Int) {}

    func isolated() throws -> any ModelRuntime {
        var shape = shape
        shape.sequences = 1
        return ScriptedRuntime(record: record, shape: shape, isIsolated: true)
    }

    /// Cells that somebody holds, counted by looking at them.
    var cellCount: Int { cells.count }

    /// Positions and tokens that a sequence holds, in order.
    func held(by sequence: Int) -> [(position: Int, token: Int32)] {
        cells.filter { $0.holders.contains(sequence) }.sorted { $0.position < $1.position }.map {
            ($0.position, $0.token)
        }
    }

    private func tokens(_ sequence: Int) -> [Int32] {
        let held = cells.filter { $0.holders.contains(sequence) }.sorted { $0.position < $1.position }
        if held.map(\.position) != Array(0..<held.count), shape.observedRowsMax == 0 {
            violate("sequence \(sequence) has positions \(held.map(\.position))")
        }
        if held.contains(where: { $0.adapters != names }) {
            violate("sequence \(sequence) holds what other adapters computed")
        }
        return held.map(\.token)
    }

    /// The position after the last one.
    private func next(of sequence: Int) -> Int {
        let last = cells.reduce(-1) { $1.holders.contains(sequence) ? max($0, $1.position) : $0 }
        return pending.reduce(last) { $1.holders.contains(sequence) ? max($0, $1.position) : $0 } + 1
    }

    private func count(_ sequence: Int) -> Int { cells.count { $0.holders.contains(sequence) } }

    private func violate(_ text: String) { record.log.withLock { $0.violations.append(text) } }
}

extension ScriptedRuntime {
    /// A scripted draft model.
    struct Draft: Sendable {
        var record = Record()
        var wrongEvery = 0
        /// Cells are enough for all sequences where nothing is said.
        var cells: Int?

        func runtime(context: Int, sequences: Int) -> ScriptedRuntime {
            let shape = RuntimeShape(
                cells: cells ?? context * sequences, sequences: sequences, vocabulary: ScriptedRuntime.vocabulary)
            return ScriptedRuntime(record: record, shape: shape, wrongEvery: wrongEvery)
        }
    }
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
    func specialBytes(of token: Int32) -> [UInt8] { bytes(of: token) }
    func isEndOfGeneration(_ token: Int32) -> Bool { token == ScriptedRuntime.end }
    var vocabularyCount: Int { ScriptedRuntime.vocabulary }
    var beginText: String { "" }
    var endText: String { "" }
    var controlTexts: [String] { ["<|im_start|>"] }
}
