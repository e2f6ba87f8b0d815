import Foundation
import Grammar
import JSONText

// Turns JSON Schemas into grammars and writes random sentences of them, for a validator in another language.
//
// One JSON object a line on standard input: {"schema": …, "seed": 1, "count": 3, "texts": ["…"], "compact": false}.
// One JSON object a line on standard output, in the same order: {"sentences": […], "unfinished": 0, "accepted": […]},
// where "accepted" says of each of "texts" whether the grammar matches it; or {"kind": …, "error": …, "place": …}.

func answer(_ line: String) -> JSONValue {
    do {
        let request = try JSONValue.parse(line)
        let isCompact = request["compact"] == true
        let grammar = try SchemaGrammar(
            request["schema"] ?? true, options: SchemaOptions(whitespace: isCompact ? .compact : .flexible))
        if request["gbnf"] == true { return ["gbnf": .string(grammar.gbnf)] }
        let matcher = GrammarMatcher(try Grammar(gbnf: grammar.gbnf))
        var walk = RandomWalk(seed: UInt64(request["seed"]?.integer ?? 1))
        var sentences: [JSONValue] = []
        var unfinished: [JSONValue] = []
        for _ in 0..<(request["count"]?.integer ?? 1) {
            let (text, isFinished) = walk.sentence(of: matcher)
            if isFinished { sentences.append(.string(text)) } else { unfinished.append(.string(text)) }
        }
        let accepted = (request["texts"]?.array ?? []).map { text in
            var copy = matcher
            return JSONValue.bool(copy.accept((text.string ?? "").utf8) && copy.canEnd)
        }
        return [
            "sentences": .array(sentences), "unfinished": .array(unfinished), "accepted": .array(accepted),
            "bytes": .integer(Int64(grammar.gbnf.utf8.count)),
        ]
    } catch let error as GrammarError {
        return [
            "kind": .string("\(error.kind)"), "error": .string(error.message),
            "place": error.place.map(JSONValue.string) ?? nil,
        ]
    } catch {
        return ["kind": "fixture", "error": .string("\(error)")]
    }
}

while let line = readLine() {
    FileHandle.standardOutput.write(Data((answer(line).text + "\n").utf8))
}
