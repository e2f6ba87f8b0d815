import TestRandomness
import Testing

@testable import Documents

@Suite struct PDFDocumentTests {
    private func document(_ texts: String...) -> PDFDocument {
        PDFDocument(
            title: "Tea", remark: "today", created: "2026-01-01T00:00:00Z",
            sections: texts.map {
                PDFDocument.Section(heading: "You", remark: "then", blocks: MarkdownReader.read($0))
            })
    }

    private func pages(_ bytes: [UInt8]) -> Int {
        let text = String(decoding: bytes, as: UTF8.self)
        return text.components(of: "/Type /Page\n") + text.components(of: "/Type /Page ")
    }

    @Test func `a document is a PDF, the same for the same input`() throws {
        let first = try document("# A\n\ntext", "- b\n\n| x | y |\n|-|-|\n| 1 | 2 |").write()
        #expect(String(decoding: first.prefix(5), as: UTF8.self) == "%PDF-")
        #expect(first == (try document("# A\n\ntext", "- b\n\n| x | y |\n|-|-|\n| 1 | 2 |").write()))
    }

    @Test func `pages are bounded, and so is the work of somebody who has gone`() throws {
        let long = String(repeating: "A line of words that goes on.\n\n", count: 2000)
        #expect(throws: DocumentError.tooManyPages(max: 3)) { try document(long).write(pagesMax: 3) }
        #expect(throws: CancellationError.self) { try document(long).write(isCancelled: { true }) }
    }

    @Test func `texts of all scripts, deep nesting and large tables are drawn`() throws {
        let table =
            "| a | b | c |\n|-|-|-|\n"
            + String(repeating: "| \(String(repeating: "x ", count: 300)) | ب | 漢字 |\n", count: 30)
        let deep =
            String(repeating: "> ", count: 60) + "deep\n\n"
            + (0..<40).map { String(repeating: "  ", count: $0) + "- x" }.joined(separator: "\n")
        let bytes = try document(
            "مرحبا بالعالم, 漢字とかな, ไทย, e\u{301} 👩‍👩‍👧", table, deep, "```\n\(String(repeating: "code ", count: 5000))\n```"
        ).write()
        #expect(bytes.count > 5000)
    }

    @Test func `only addresses of the web and of mail are links`() throws {
        func links(_ text: String) throws -> Int {
            String(decoding: try document(text).write(), as: UTF8.self).components(of: "/URI (")
        }
        #expect(try links("[a](https://example.org/x)") == 1)
        #expect(try links("[a](javascript:alert) [b](file:///etc/passwd) [c](https://x.org/'uri='y)") == 0)
    }

    @Test(arguments: [1, 7, 100, 8192]) func `a text in parts is the same text with the same marks`(size: Int) {
        var random = SeededRandom(seed: UInt64(size))
        var text = RichText()
        for _ in 0..<300 {
            let start = text.byteCount
            text.append(["word ", "漢字", "\n", "é", "x"].randomElement(using: &random) ?? "")
            if Bool.random(using: &random) { text.mark(.bold, from: start) }
        }
        let parts = text.parts(bytesMax: max(4, size))
        #expect(parts.map(\.text).joined().filter { $0 != "\n" } == text.text.filter { $0 != "\n" })
        let marked = parts.reduce(0) { $0 + $1.marks.reduce(0) { $0 + $1.bytes.count } }
        #expect(marked <= text.marks.reduce(0) { $0 + $1.bytes.count })
        #expect(parts.allSatisfy { part in part.marks.allSatisfy { $0.bytes.upperBound <= part.byteCount } })
    }
}

extension String {
    fileprivate func components(of part: String) -> Int {
        split(separator: part, omittingEmptySubsequences: false).count - 1
    }
}
