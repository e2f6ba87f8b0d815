import Conversations

/// What a search looks for: words, and runs of scripts without spaces between words.
struct SearchTerms {
    /// Whole words, but the one at the end of what was typed.
    private(set) var words: [(text: String, isPrefix: Bool)] = []
    /// Found wherever they stand.
    private(set) var runs: [String] = []
    private var phrases: [(words: [String], isPrefix: Bool)] = []

    init(_ typed: [String]) {
        for (place, word) in typed.enumerated() {
            var rest: [Unicode.Scalar] = []
            var run: [Unicode.Scalar] = []
            for scalar in word.unicodeScalars {
                if ScriptGrams.isWithoutSpaces(scalar) {
                    if !rest.isEmpty { add(word: rest, isPrefix: false) }
                    rest = []
                    run.append(scalar)
                } else {
                    if !run.isEmpty { add(run: run) }
                    run = []
                    rest.append(scalar)
                }
            }
            if !run.isEmpty { add(run: run) }
            if !rest.isEmpty { add(word: rest, isPrefix: place == typed.count - 1) }
        }
    }

    private mutating func add(word: [Unicode.Scalar], isPrefix: Bool) {
        words.append((Self.text(word), isPrefix))
    }

    private mutating func add(run: [Unicode.Scalar]) {
        runs.append(Self.text(run))
        phrases.append(ScriptGrams.phrase(run))
    }

    private static func text(_ scalars: [Unicode.Scalar]) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    /// As FTS5 has it. Words are letters and digits only, so that quotes cannot end them.
    ///
    /// Source: <https://www.sqlite.org/fts5.html>, section 3.
    var fts5: [String] {
        words.map { "body : \"\($0.text)\"" + ($0.isPrefix ? " *" : "") }
            + phrases.map { "grams : \"\($0.words.joined(separator: " "))\"" + ($0.isPrefix ? " *" : "") }
    }

    /// The words as a `tsquery`; `nil` where there are none.
    var wordQuery: String? {
        words.isEmpty ? nil : words.map { "'\($0.text)'" + ($0.isPrefix ? ":*" : "") }.joined(separator: " & ")
    }

    /// The runs as a `tsquery`; `nil` where there are none.
    var gramQuery: String? {
        guard !phrases.isEmpty else { return nil }
        return phrases.map { phrase in
            "(" + phrase.words.joined(separator: " <-> ") + (phrase.isPrefix ? ":*" : "") + ")"
        }.joined(separator: " & ")
    }

    /// A text with the runs between the marks of an excerpt.
    func marked(_ text: String) -> String {
        var marked = text
        for run in Set(runs) {
            marked = marked.split(separator: run, omittingEmptySubsequences: false).joined(
                separator: "\u{2}\(run)\u{3}")
        }
        return marked
    }
}
