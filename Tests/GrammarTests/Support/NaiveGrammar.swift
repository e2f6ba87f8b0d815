/// A grammar that is matched by trying everything: slow, and simple enough to be believed.
struct NaiveGrammar {
    indirect enum Part {
        case characters([Character], negated: Bool)
        case text(String)
        case sequence([Part])
        case choice([Part])
        case repetition(Part, min: Int, max: Int?)
        case rule(Int)
    }

    var rules: [Part]
    private var productive: [Bool] = []
    private var nullable: [Bool] = []

    init(rules: [Part]) {
        self.rules = rules
        productive = rules.map { _ in false }
        nullable = productive
        for _ in rules {
            productive = rules.map { isProductive($0) }
            nullable = rules.map { isNullable($0) }
        }
    }

    var rootIsProductive: Bool { productive[0] }

    /// Whether a text is a sentence, and whether it is the beginning of one.
    func judge(_ text: [Character]) -> (isSentence: Bool, isBeginning: Bool) {
        var reachesEnd = false
        let ends = ends(rules[0], text, 0, &reachesEnd)
        return (ends.contains(text.count), reachesEnd || ends.contains(text.count))
    }

    /// Whether some rule can begin with itself.
    var isLeftRecursive: Bool {
        var reaches = rules.map { Set(corners($0)) }
        for _ in rules {
            reaches = reaches.map { set in set.reduce(into: set) { $0.formUnion(reaches[$1]) } }
        }
        return reaches.indices.contains { reaches[$0].contains($0) }
    }

    var gbnf: String {
        rules.enumerated().map { "\($0.offset == 0 ? "root" : "r\($0.offset)") ::= \(written($0.element))" }
            .joined(separator: "\n")
    }

    private func ends(_ part: Part, _ text: [Character], _ from: Int, _ reachesEnd: inout Bool) -> Set<Int> {
        guard isProductive(part) else { return [] }
        switch part {
        case .characters(let set, let negated):
            guard from < text.count else {
                reachesEnd = true
                return []
            }
            return set.contains(text[from]) != negated ? [from + 1] : []
        case .text(let literal):
            var position = from
            for character in literal {
                guard position < text.count else {
                    reachesEnd = true
                    return []
                }
                guard text[position] == character else { return [] }
                position += 1
            }
            return [position]
        case .sequence(let parts):
            return parts.reduce(into: [from]) { places, part in
                places = places.reduce(into: []) { $0.formUnion(ends(part, text, $1, &reachesEnd)) }
            }
        case .choice(let parts):
            return parts.reduce(into: []) { $0.formUnion(ends($1, text, from, &reachesEnd)) }
        case .rule(let index): return ends(rules[index], text, from, &reachesEnd)
        case .repetition(let part, let min, let max):
            var result: Set<Int> = min == 0 ? [from] : []
            var places: Set<Int> = [from]
            // More rounds than characters and minimum together bring nothing new.
            for round in 1...(Swift.max(1, Swift.min(max ?? .max, min + text.count + 1))) where max != 0 {
                places = places.reduce(into: []) { $0.formUnion(ends(part, text, $1, &reachesEnd)) }
                if round >= min { result.formUnion(places) }
            }
            return result
        }
    }

    private func isProductive(_ part: Part) -> Bool {
        switch part {
        case .characters, .text: true
        case .sequence(let parts): parts.allSatisfy(isProductive)
        case .choice(let parts): parts.contains(where: isProductive)
        case .repetition(let part, let min, let max): min == 0 || max == 0 || isProductive(part)
        case .rule(let index): productive[index]
        }
    }

    private func isNullable(_ part: Part) -> Bool {
        switch part {
        case .characters: false
        case .text(let text): text.isEmpty
        case .sequence(let parts): parts.allSatisfy(isNullable)
        case .choice(let parts): parts.contains(where: isNullable)
        case .repetition(let part, let min, let max): min == 0 || max == 0 || isNullable(part)
        case .rule(let index): nullable[index]
        }
    }

    private func corners(_ part: Part) -> [Int] {
        switch part {
        case .characters, .text: return []
        case .rule(let index): return [index]
        case .choice(let parts): return parts.flatMap(corners)
        case .repetition(let part, _, let max): return max == 0 ? [] : corners(part)
        case .sequence(let parts):
            let first = parts.firstIndex { !isNullable($0) } ?? parts.count - 1
            return parts.prefix(first + 1).flatMap(corners)
        }
    }

    private func written(_ part: Part) -> String {
        switch part {
        case .characters(let set, let negated): "[\(negated ? "^" : "")\(String(set))]"
        case .text(let text): "\"\(text)\""
        case .sequence(let parts): parts.map { "(\(written($0)))" }.joined(separator: " ")
        case .choice(let parts): parts.map { "(\(written($0)))" }.joined(separator: " | ")
        case .repetition(let part, let min, let max): "(\(written(part))){\(min),\(max.map(String.init) ?? "")}"
        case .rule(let index): index == 0 ? "root" : "r\(index)"
        }
    }
}

extension NaiveGrammar {
    static let alphabet: [Character] = ["a", "b", "é", "日"]

    static func random(using random: inout some RandomNumberGenerator) -> NaiveGrammar {
        let count = Int.random(in: 1...4, using: &random)
        return NaiveGrammar(rules: (0..<count).map { _ in part(depth: 3, rules: count, using: &random) })
    }

    private static func part(depth: Int, rules: Int, using random: inout some RandomNumberGenerator) -> Part {
        switch Int.random(in: 0..<(depth == 0 ? 4 : 9), using: &random) {
        case 0:
            return .text(
                (0..<Int.random(in: 0...2, using: &random)).map { _ in
                    String(alphabet.randomElement(using: &random) ?? "a")
                }.joined())
        case 1:
            let set = alphabet.filter { _ in Bool.random(using: &random) }
            return .characters(set.isEmpty ? ["a"] : set, negated: Int.random(in: 0..<4, using: &random) == 0)
        case 2: return .text(String(alphabet.randomElement(using: &random) ?? "a"))
        case 3: return .rule(Int.random(in: 0..<rules, using: &random))
        case 4, 5:
            return .sequence(
                (0..<Int.random(in: 1...3, using: &random)).map { _ in
                    part(depth: depth - 1, rules: rules, using: &random)
                })
        case 6, 7:
            return .choice(
                (0..<Int.random(in: 1...3, using: &random)).map { _ in
                    part(depth: depth - 1, rules: rules, using: &random)
                })
        default:
            let min = Int.random(in: 0...3, using: &random)
            let max: Int? = Bool.random(using: &random) ? nil : min + Int.random(in: 0...3, using: &random)
            return .repetition(part(depth: depth - 1, rules: rules, using: &random), min: min, max: max)
        }
    }
}
