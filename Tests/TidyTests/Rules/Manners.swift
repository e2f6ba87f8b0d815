/// Rules about names, white space and size.
enum Manners {
    /// Bytes. Larger things belong into a release, not into the history.
    static let sizeMax = 3_000_000

    /// Ends of type names that say nothing of what the type knows.
    static let emptyNames = ["Manager", "Helper", "Helpers", "Util", "Utils", "Impl", "V2", "v2"]

    static func whiteSpace(in file: RepositoryFile) -> [Finding] {
        guard let text = file.text, !text.isEmpty else { return [] }
        var findings: [Finding] = []
        if text.utf8.last != UInt8(ascii: "\n") {
            findings.append(
                Finding(file.path, line: file.lines.count, "no final newline", instead: "end the last line"))
        }
        for (number, line) in file.lines.enumerated() {
            if line.hasSuffix(" ") || line.hasSuffix("\t") || line.hasSuffix("\r") {
                findings.append(Finding(file.path, line: number + 1, "trailing space", instead: "cut it"))
            }
            if line.utf8.contains(UInt8(ascii: "\t")), !file.path.hasSuffix("Makefile"), !file.path.hasSuffix(".tsv") {
                findings.append(Finding(file.path, line: number + 1, "tab", instead: "four spaces"))
            }
        }
        return findings
    }

    static func typeNames(in file: RepositoryFile) -> [Finding] {
        let code = SwiftText(file.text ?? "").code
        let lines = code.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        return lines.enumerated().flatMap { number, bytes -> [Finding] in
            let words = String(decoding: bytes, as: UTF8.self).split { !$0.isLetter && !$0.isNumber && $0 != "_" }
            let kinds: Set<Substring> = ["struct", "class", "enum", "actor", "protocol", "typealias"]
            return zip(words, words.dropFirst()).compactMap { kind, name in
                guard kinds.contains(kind), let end = emptyNames.first(where: { name.hasSuffix($0) }) else {
                    return nil
                }
                return Finding(
                    file.path, line: number + 1, String(name),
                    instead: "\(end) says nothing; name the type for what it knows or does")
            }
        }
    }

    static func size(of file: RepositoryFile) -> [Finding] {
        guard file.size > sizeMax else { return [] }
        return [
            Finding(
                file.path, "\(file.size) bytes",
                instead: "at most \(sizeMax); fetch it, or leave it out with .gitignore")
        ]
    }
}
