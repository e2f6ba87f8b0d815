/// Python's `textwrap.wrap` for one paragraph, without changing its white space.
///
/// Differs from it in: hyphenated words may break after any hyphen between letters; dashes of two or more hyphens are
/// not told apart.
struct WordWrap {
    let width: Int
    let breaksLongWords: Bool
    let breaksOnHyphens: Bool

    func wrap(_ text: String) -> [String] {
        var chunks = Array(chunks(of: Array(text.unicodeScalars)).reversed())
        var lines: [String] = []
        while !chunks.isEmpty {
            if !lines.isEmpty, isBlank(chunks[chunks.count - 1]) { chunks.removeLast() }
            var line: [Unicode.Scalar] = []
            while let chunk = chunks.last, line.count + chunk.count <= width {
                line += chunk
                chunks.removeLast()
            }
            if let chunk = chunks.last, chunk.count > width {
                breakWord(&chunks, into: &line)
            }
            while let last = line.last, last.isPythonSpace { line.removeLast() }
            if !line.isEmpty { lines.append(String(scalars: line)) }
        }
        return lines
    }

    private func breakWord(_ chunks: inout [[Unicode.Scalar]], into line: inout [Unicode.Scalar]) {
        guard let chunk = chunks.popLast() else { return }
        guard breaksLongWords else {
            if line.isEmpty { line = chunk } else { chunks.append(chunk) }
            return
        }
        var room = width - line.count
        if breaksOnHyphens, chunk.count > room, let hyphen = chunk[..<room].lastIndex(of: "-"), hyphen > 0,
            chunk[..<hyphen].contains(where: { $0 != "-" })
        {
            room = hyphen + 1
        }
        line += chunk[..<room]
        chunks.append(Array(chunk[room...]))
    }

    private func isBlank(_ chunk: [Unicode.Scalar]) -> Bool { chunk.allSatisfy(\.isPythonSpace) }

    private func chunks(of scalars: [Unicode.Scalar]) -> [[Unicode.Scalar]] {
        var result: [[Unicode.Scalar]] = []
        var chunk: [Unicode.Scalar] = []
        for (index, scalar) in scalars.enumerated() {
            if let last = chunk.last, last.isPythonSpace != scalar.isPythonSpace {
                result.append(chunk)
                chunk = []
            }
            chunk.append(scalar)
            let isBreak =
                breaksOnHyphens && scalar == "-" && index > 0 && scalars[index - 1].isLetter
                && index + 1 < scalars.count && scalars[index + 1].isLetter
            if isBreak {
                result.append(chunk)
                chunk = []
            }
        }
        if !chunk.isEmpty { result.append(chunk) }
        return result
    }
}
