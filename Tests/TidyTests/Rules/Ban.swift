/// A word that code here does without, and the way out.
struct Ban: Sendable {
    /// Where a word counts.
    enum Reach: Sendable {
        /// Not in comments and string literals.
        case code
        /// In the whole text.
        case everywhere
    }

    /// One place where the word may stand, and why.
    struct Allowance: Sendable {
        /// A file.
        let path: String
        let reason: String
    }

    let text: String
    let instead: String
    /// Files and folders to which the rule applies.
    let within: [String]
    /// Files and folders to which it does not apply, because the word is their work.
    let outside: [String]
    let reach: Reach
    /// Exceptions. Each must be needed: the tests refuse one whose file has lost the word.
    let allowed: [Allowance]

    init(
        _ text: String, instead: String, within: [String] = ["Sources", "Tests", "Benchmarks"], outside: [String] = [],
        reach: Reach = .code, allowed: [Allowance] = []
    ) {
        self.text = text
        self.instead = instead
        self.within = within
        self.outside = outside
        self.reach = reach
        self.allowed = allowed
    }

    func applies(to file: RepositoryFile) -> Bool {
        within.contains { file.isWithin($0) } && !outside.contains { file.isWithin($0) }
    }

    func allows(_ file: RepositoryFile) -> Bool { allowed.contains { $0.path == file.path } }
}

/// Finds the words of many bans in one pass over a file.
struct BanReader {
    private let bans: [Ban]
    /// The bans by the first byte of their word.
    private let byFirst: [[(ban: Ban, word: [UInt8])]]

    init(_ bans: [Ban]) {
        self.bans = bans
        var byFirst = [[(ban: Ban, word: [UInt8])]](repeating: [], count: 256)
        for ban in bans {
            let word = Array(ban.text.utf8)
            if let first = word.first { byFirst[Int(first)].append((ban, word)) }
        }
        self.byFirst = byFirst
    }

    /// Each place of a banned word in a file, whether it is allowed there or not.
    func occurrences(in file: RepositoryFile) -> [(ban: Ban, finding: Finding)] {
        guard let text = file.text, bans.contains(where: { $0.applies(to: file) }) else { return [] }
        let whole = Array(text.utf8)
        let code = file.isSwift ? SwiftText(text).code : whole
        var line = 1
        var found: [(Ban, Finding)] = []
        for (offset, byte) in whole.enumerated() {
            if byte == UInt8(ascii: "\n") { line += 1 }
            for (ban, word) in byFirst[Int(byte)]
            where Self.stands(word, at: offset, in: ban.reach == .code ? code : whole) && ban.applies(to: file) {
                found.append((ban, Finding(file.path, line: line, ban.text, instead: ban.instead)))
            }
        }
        return found
    }

    func findings(in file: RepositoryFile) -> [Finding] {
        occurrences(in: file).filter { !$0.ban.allows(file) }.map(\.finding)
    }

    /// A word that begins or ends like a name stands alone: `print(` is not in `fprint(`.
    private static func stands(_ word: [UInt8], at offset: Int, in bytes: [UInt8]) -> Bool {
        guard offset + word.count <= bytes.count else { return false }
        for (place, byte) in word.enumerated() where bytes[offset + place] != byte { return false }
        if isName(word[0]), offset > 0, isName(bytes[offset - 1]) { return false }
        let end = offset + word.count
        return !(isName(word[word.count - 1]) && end < bytes.count && isName(bytes[end]))
    }

    private static func isName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...: true
        default: false
        }
    }
}
