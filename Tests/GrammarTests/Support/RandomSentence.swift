@testable import Grammar

extension Grammar {
    /// A text of the grammar, byte by byte at random.
    ///
    /// - Parameters:
    ///   - random: where the choices come from.
    ///   - lengthMax: bytes after which the shortest way to the end is taken; the text may become longer by that way.
    /// - Returns: UTF-8.
    func randomSentence(using random: inout some RandomNumberGenerator, lengthMax: Int = 60) -> [UInt8] {
        let automaton = source.current()
        return automaton.withStates { states in
            var state = states.initialState()
            var text: [UInt8] = []
            while true {
                let isLong = text.count >= lengthMax
                if states.canEnd(state), isLong || Int.random(in: 0..<6, using: &random) == 0 { return text }
                let next = (0..<states.classCount).map { ($0, states.step(state, byteClass: $0)) }.filter { $0.1 > 1 }
                guard let least = next.map({ states.shortest[Int($0.1)] }).min() else { return text }
                let choices = isLong ? next.filter { states.shortest[Int($0.1)] == least } : next
                guard let choice = choices.randomElement(using: &random) else { return text }
                let bytes = (UInt8(0)...255).filter { Int(states.program.classes[Int($0)]) == choice.0 }
                text.append(bytes.randomElement(using: &random) ?? 0)
                state = choice.1
            }
        }
    }
}
