/// The length of source files: a ratchet. What is long today is listed and may only shrink.
enum LongFiles {
    /// Lines. Past it, look for the second idea.
    static let linesMax = 400

    /// Today's long files with their lines: none.
    static let known: [String: Int] = [:]

    static func findings(in files: [RepositoryFile], known: [String: Int] = known) -> [Finding] {
        files.compactMap { file in
            let lines = file.lines.count
            let word = "\(lines) lines"
            switch known[file.path] {
            case nil where lines > linesMax:
                return Finding(file.path, word, instead: "find the second idea; \(linesMax) lines are enough for one")
            case let listed? where lines <= linesMax:
                return Finding(file.path, word, instead: "take its entry (\(listed)) out of LongFiles.known")
            case let listed? where lines > listed:
                return Finding(file.path, word, instead: "find the second idea; it had \(listed), and may only shrink")
            case let listed? where lines < listed:
                return Finding(file.path, word, instead: "lower its entry (\(listed)) in LongFiles.known to \(lines)")
            default:
                return nil
            }
        }
    }
}
