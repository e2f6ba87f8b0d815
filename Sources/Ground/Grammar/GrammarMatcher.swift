/// How far a text has come in a grammar. A value: a copy costs as much as a few numbers.
///
/// Every text it accepts is the beginning of a sentence of the grammar: a part of a grammar that can never end is not
/// entered.
public struct GrammarMatcher: Sendable {
    private let source: AutomatonSource
    private(set) var automaton: Automaton
    private(set) var state: Int32
    /// Whether the text so far is a whole sentence.
    public private(set) var canEnd: Bool
    /// Whether nothing more may follow.
    public private(set) var mustEnd: Bool
    /// Set once a text was refused because of the grammar's limits, not because of its rules.
    public private(set) var failure: GrammarError?

    public init(_ grammar: Grammar) {
        source = grammar.source
        automaton = source.current()
        (state, canEnd, mustEnd) = automaton.withStates { states in
            let state = states.initialState()
            return (state, states.canEnd(state), states.items(state).isEmpty)
        }
    }

    /// Whether the text is complete and cannot go on, or cannot be looked at any further.
    public var isOver: Bool { mustEnd || failure != nil }

    /// Adds bytes to the text, if the grammar allows them all.
    ///
    /// - Parameter bytes: UTF-8, which may begin and end inside a character.
    /// - Returns: false if they are not allowed; the text stays as it was.
    public mutating func accept(_ bytes: some Sequence<UInt8>) -> Bool {
        settle(walked(Array(bytes)))
    }

    /// Adds a token to the text: as the bytes it stands for, or as the token a grammar refers to by `<…>`.
    ///
    /// - Parameters:
    ///   - token: its id.
    ///   - bytes: what it stands for; none for a control token.
    /// - Returns: false if it is not allowed; the text stays as it was.
    public mutating func accept(token: Int32, bytes: [UInt8]) -> Bool {
        let reached = bytes.isEmpty ? AutomatonStates.dead : walked(bytes)
        let from = state
        return settle(automaton.withStates { $0.step(from, token: token, orBytesTo: reached) })
    }

    /// Whether these bytes may follow.
    public func allows(_ bytes: some Sequence<UInt8>) -> Bool {
        var copy = self
        return copy.accept(bytes)
    }

    /// The state after some bytes. Moves to fresh states when there are too many.
    private mutating func walked(_ bytes: [UInt8]) -> Int32 {
        var index = 0
        var reached = state
        automaton.withStates { $0.work = 0 }
        while true {
            let next = automaton.withStates { $0.walk(from: reached, bytes, at: &index) }
            reached = next
            guard index < bytes.count, reached > AutomatonStates.tooLarge else { return reached }
            let fresh = source.renewed(after: automaton)
            let (image, start) =
                (automaton.withStates { [state, reached] in ($0.image(of: reached), $0.image(of: state)) })
            automaton = fresh
            (reached, state) = fresh.withStates { ($0.adopt(image), $0.adopt(start)) }
        }
    }

    /// The least and the largest number of characters to the end of a sentence.
    var lengths: (shortest: Int, longest: Int) {
        automaton.withStates { ($0.shortest[Int(state)], $0.longest[Int(state)]) }
    }

    /// The largest of all states' shortest lengths, and the least of their longest ones.
    var lengthsMet: (shortest: Int, longest: Int) { automaton.withStates { $0.extremes } }

    static let stuck = GrammarError(
        .unresolved, "No token of the vocabulary can follow: what the answer needs next cannot be written with it.")

    /// Moves to fresh states if the present ones are too many.
    mutating func makeRoom() {
        guard automaton.withStates({ $0.isFull }) else { return }
        let image = automaton.withStates { [state] in $0.image(of: state) }
        automaton = source.renewed(after: automaton)
        state = automaton.withStates { $0.adopt(image) }
    }

    private mutating func settle(_ reached: Int32) -> Bool {
        switch reached {
        case AutomatonStates.dead: return false
        case AutomatonStates.tooLarge:
            failure = Grammar.tooLarge
            return false
        default:
            state = reached
            (canEnd, mustEnd) = automaton.withStates { ($0.canEnd(reached), $0.items(reached).isEmpty) }
            return true
        }
    }
}

extension AutomatonStates {
    /// The state after the bytes from an index on. Stops early, with the index where it did, when there is no room for
    /// more states.
    mutating func walk(from start: Int32, _ bytes: [UInt8], at index: inout Int) -> Int32 {
        var state = start
        while index < bytes.count, state > Self.tooLarge {
            let byteClass = Int(program.classes[Int(bytes[index])])
            var next = table[Int(state) * classCount + byteClass]
            if next == Self.unknown {
                if isFull { return state }
                next = work > limits.workMax ? Self.tooLarge : step(state, byteClass: byteClass)
            }
            state = next
            index += 1
        }
        return state
    }
}
