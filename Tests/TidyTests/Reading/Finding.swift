/// A breach of a house rule: where it is, what it is and what to do instead.
struct Finding: Equatable, CustomStringConvertible {
    /// Relative to the root of the repository.
    let path: String
    /// Counts from 1; `nil` when the whole file is meant.
    let line: Int?
    let word: String
    let instead: String

    init(_ path: String, line: Int? = nil, _ word: String, instead: String) {
        self.path = path
        self.line = line
        self.word = word
        self.instead = instead
    }

    var description: String { "\(path):\(line.map { "\($0):" } ?? "") \(word) — \(instead)" }
}
