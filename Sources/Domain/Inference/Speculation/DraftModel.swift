/// A smaller model of the same vocabulary that guesses the next tokens of several sequences, each its likeliest one.
///
/// Its own runtime on the engine's thread, with a sequence for each of the engine's slots. What it holds is brought in line
/// with a sequence's tokens whenever it is asked, so that refused guesses, parked answers and new ones in a slot need no
/// telling. Whatever fails here costs a guess and never an answer.
struct DraftModel {
    /// One sequence that is to be guessed.
    struct Wish {
        let slot: Int
        /// All tokens that are known, at least one.
        let tokens: [Int32]
        /// Tokens to guess, at least 1.
        let depth: Int
        /// Guessing goes on while the best token is at least this likely.
        let probabilityMin: Double
    }

    let runtime: any ModelRuntime
    /// Tokens that both models have.
    private let vocabularyCount: Int
    private let batchTokensMax: Int
    private let contextTokens: Int
    /// What each slot holds.
    private var held: [[Int32]]
    /// Seconds of a round, in which each sequence gets one more token.
    private(set) var roundSeconds = 0.0
    /// Seconds for each token that it reads in large pieces.
    private(set) var readSeconds = 0.0
    /// After a failure it guesses no more.
    private(set) var isBroken = false
    private let onFailure: @Sendable (any Error) -> Void

    /// - Parameters:
    ///   - runtime: with as many sequences as the engine has slots.
    ///   - vocabularyCount: the target's tokens.
    ///   - options: the engine's.
    init(runtime: any ModelRuntime, vocabularyCount: Int, options: EngineOptions) {
        self.runtime = runtime
        self.vocabularyCount = min(runtime.shape.vocabulary, vocabularyCount)
        batchTokensMax = options.batchTokensMax
        contextTokens = min(options.contextTokens, runtime.shape.cells)
        onFailure = options.draftFailed
        held = [[Int32]](repeating: [], count: min(options.sequencesMax, runtime.shape.sequences))
    }

    /// Tokens that one call reads at most, so that a long prompt stops no running answer.
    private var readMax: Int { min(batchTokensMax, 256) }

    /// Measures what rounds and reading cost, as long as nothing is held.
    mutating func measure() {
        guard held.allSatisfy(\.isEmpty), let first = seconds(rows: 1),
            let many = seconds(rows: min(64, batchTokensMax))
        else { return }
        roundSeconds = first
        readSeconds = many / Double(min(64, batchTokensMax))
    }

    private mutating func seconds(rows: Int) -> Double? {
        var least = Double.infinity
        for _ in 0..<3 {
            let began = ContinuousClock.now
            for position in 0..<rows {
                _ = runtime.append(token: 0, position: position, sequence: 0, wantsLogits: position == rows - 1)
            }
            guard decode() else { return nil }
            least = min(least, (ContinuousClock.now - began) / .seconds(1))
            runtime.forget(0, from: 0)
        }
        return least
    }

    /// Whether a sequence of so many tokens can be guessed at all.
    func fits(slot: Int, tokens: Int) -> Bool { !isBroken && held.indices.contains(slot) && tokens < contextTokens }

    /// Tokens that must be read before the next one can be guessed, at least 1.
    func backlog(slot: Int, of tokens: [Int32]) -> Int { tokens.count - common(slot, tokens) }

    /// How many tokens of a sequence are in place; the last one is always read again, for its logits.
    private func common(_ slot: Int, _ tokens: [Int32]) -> Int {
        let known = held[slot]
        let most = min(known.count, tokens.count - 1)
        var count = 0
        while count < most, known[count] == tokens[count] { count += 1 }
        return count
    }

    /// Guesses.
    ///
    /// - Parameter wishes: at most one for each slot.
    /// - Returns: for each of them up to `depth` tokens; none where reading goes on, where there is no room, and after a
    ///   failure.
    mutating func guess(_ wishes: [Wish]) -> [[Int32]] {
        var guesses = [[Int32]](repeating: [], count: wishes.count)
        guard !isBroken else { return guesses }
        var rows: [(wish: Int, row: Int)] = []
        var isFirst = true
        while true {
            rows = isFirst ? read(wishes) : append(wishes, guesses)
            if rows.isEmpty && !isFirst { break }
            let began = ContinuousClock.now
            guard decodeAppended() else { return guesses.map { _ in [] } }
            if !isFirst { learnRound((ContinuousClock.now - began) / .seconds(1)) }
            isFirst = false
            for (wish, row) in rows {
                if let token = token(row: row, probabilityMin: wishes[wish].probabilityMin) {
                    guesses[wish].append(token)
                } else {
                    finished.insert(wish)
                }
            }
            if rows.isEmpty { break }
        }
        finished = []
        return guesses
    }

    /// Wishes whose guess goes no further.
    private var finished: Set<Int> = []
    private var appended = 0

    /// Fills the batch with what is not in place yet.
    ///
    /// - Returns: the rows after which the next token can be guessed.
    private mutating func read(_ wishes: [Wish]) -> [(wish: Int, row: Int)] {
        finished = []
        var rows: [(wish: Int, row: Int)] = []
        var room = readMax
        makeRoom(for: wishes)
        var cells = runtime.shape.cells - held.reduce(0) { $0 + $1.count }
        for (index, wish) in wishes.enumerated() {
            let start = common(wish.slot, wish.tokens)
            cells += held[wish.slot].count - start
            forget(wish.slot, from: start)
            let end = min(wish.tokens.count, start + room)
            guard end > start, end - start + wish.depth <= cells else { continue }
            for position in start..<end {
                let row = append(
                    wish.tokens[position], at: wish.slot, wantsLogits: position == wish.tokens.count - 1)
                if position == wish.tokens.count - 1 { rows.append((index, row)) }
            }
            room -= end - start
            cells -= end - start + wish.depth
        }
        return rows
    }

    /// Fills the batch with the tokens that were guessed last.
    private mutating func append(_ wishes: [Wish], _ guesses: [[Int32]]) -> [(wish: Int, row: Int)] {
        var rows: [(wish: Int, row: Int)] = []
        for (index, guess) in guesses.enumerated() where guess.count < wishes[index].depth && !finished.contains(index)
        {
            guard let last = guess.last else { continue }
            rows.append((index, append(last, at: wishes[index].slot, wantsLogits: true)))
        }
        return rows
    }

    private mutating func append(_ token: Int32, at slot: Int, wantsLogits: Bool) -> Int {
        let row = runtime.append(token: token, position: held[slot].count, sequence: slot, wantsLogits: wantsLogits)
        held[slot].append(token)
        appended += 1
        return row
    }

    private mutating func decodeAppended() -> Bool {
        guard appended > 0 else { return true }
        appended = 0
        return decode()
    }

    private mutating func decode() -> Bool {
        do {
            try runtime.decode()
            return true
        } catch {
            isBroken = true
            onFailure(error)
            for slot in held.indices { forget(slot, from: 0) }
            return false
        }
    }

    private func token(row: Int, probabilityMin: Double) -> Int32? {
        do {
            return try runtime.withLogits(row: row) { logits in
                let token = GreedyToken.best(of: logits, count: vocabularyCount)
                guard probabilityMin > 0 else { return token }
                let probability = GreedyToken.probability(of: token, in: logits, count: vocabularyCount)
                return probability >= probabilityMin ? token : nil
            }
        } catch {
            return nil
        }
    }

    private mutating func learnRound(_ seconds: Double) {
        guard seconds > 0 else { return }
        roundSeconds = roundSeconds > 0 ? roundSeconds + (min(seconds, 2 * roundSeconds) - roundSeconds) * 0.1 : seconds
    }

    /// Forgets what slots hold that nobody asks about now, where the room is needed.
    private mutating func makeRoom(for wishes: [Wish]) {
        let needed = wishes.reduce(0) { $0 + $1.tokens.count + $1.depth }
        let asked = Set(wishes.map(\.slot))
        var others = held.indices.reduce(0) { asked.contains($1) ? $0 : $0 + held[$1].count }
        for slot in held.indices where !asked.contains(slot) && needed + others > runtime.shape.cells {
            others -= held[slot].count
            forget(slot, from: 0)
        }
    }

    private mutating func forget(_ slot: Int, from start: Int) {
        guard held[slot].count > start else { return }
        runtime.forget(slot, from: start)
        held[slot].removeLast(held[slot].count - start)
    }
}
