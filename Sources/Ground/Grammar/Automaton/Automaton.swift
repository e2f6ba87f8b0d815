import Synchronization

/// The states of a grammar, shared by everyone who matches it.
final class Automaton: Sendable {
    let program: Program
    private let states: Mutex<AutomatonStates>

    init(program: Program, limits: GrammarLimits) {
        self.program = program
        states = Mutex(AutomatonStates(program: program, limits: limits))
    }

    func withStates<Result>(_ body: (inout AutomatonStates) -> Result) -> Result { states.withLock { body(&$0) } }
}

/// Gives out a grammar's states, and begins with none once those are too many. Who still uses the old ones keeps them
/// alive.
final class AutomatonSource: Sendable {
    let program: Program
    let limits: GrammarLimits
    private let latest: Mutex<Automaton>

    init(program: Program, limits: GrammarLimits) {
        self.program = program
        self.limits = limits
        latest = Mutex(Automaton(program: program, limits: limits))
    }

    func current() -> Automaton { latest.withLock { $0 } }

    func renewed(after full: Automaton) -> Automaton {
        latest.withLock { automaton in
            if automaton === full { automaton = Automaton(program: program, limits: limits) }
            return automaton
        }
    }
}
