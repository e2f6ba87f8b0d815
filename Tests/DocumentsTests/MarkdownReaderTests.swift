import Documents
import TestRandomness
import Testing

@Suite struct MarkdownReaderTests {
    private func rich(_ text: String, _ marks: (RichText.Style, Range<Int>)...) -> RichText {
        var made = RichText()
        var bytes = Array(text.utf8)[...]
        for (style, range) in marks {
            made.append(String(decoding: bytes.prefix(range.upperBound - made.byteCount), as: UTF8.self))
            bytes = Array(text.utf8)[range.upperBound...]
            made.mark(style, from: range.lowerBound)
        }
        made.append(String(decoding: bytes, as: UTF8.self))
        return made
    }

    @Test func `the parts of a text are told apart`() {
        let blocks = MarkdownReader.read(
            """
            # Tea *now*

            A **bold** word, `code`, ~~gone~~ and https://example.org here.

            - one
            - two
              1. deep

            > said

            ```swift
            let a = 1 < 2
            ```

            | a | b |
            |---|---|
            | 1 | $x^2$ |

            ---
            <b>raw</b>
            """)
        #expect(blocks.count == 8)
        #expect(blocks[0] == .heading(level: 1, rich("Tea now", (.italic, 4..<7))))
        #expect(
            blocks[1]
                == .paragraph(
                    rich(
                        "A bold word, code, gone and https://example.org here.", (.bold, 2..<6), (.code, 13..<17),
                        (.struck, 19..<23), (.link("https://example.org"), 28..<47))))
        #expect(
            blocks[2]
                == .list(
                    start: nil,
                    items: [
                        [.paragraph(RichText("one"))],
                        [.paragraph(RichText("two")), .list(start: 1, items: [[.paragraph(RichText("deep"))]])],
                    ]))
        #expect(blocks[3] == .quote([.paragraph(RichText("said"))]))
        #expect(blocks[4] == .code("let a = 1 < 2\n"))
        #expect(
            blocks[5] == .table([[RichText("a"), RichText("b")], [RichText("1"), RichText("$x^2$")]]))
        #expect(blocks[6] == .rule)
        #expect(blocks[7] == .paragraph(RichText("<b>raw</b>")))
    }

    @Test(arguments: ["> ", "- ", "* 1. ", "**a *b ", "[", "![](", "`", "<a", "|", "~~"])
    func `nesting without end is read in time and ends at a depth`(part: String) {
        let blocks = MarkdownReader.read(String(repeating: part, count: 20_000 / part.utf8.count))
        #expect(depth(.quote(blocks)) <= MarkdownReader.depthMax + 3)
    }

    private func depth(_ block: RichBlock) -> Int {
        switch block {
        case .quote(let blocks): 1 + (blocks.map(depth).max() ?? 0)
        case .list(_, let items): 1 + (items.flatMap { $0 }.map(depth).max() ?? 0)
        default: 1
        }
    }

    @Test func `what is too long for Markdown is shown as it is, and nothing is lost`() {
        let text = String(repeating: "many words\n\n", count: 30_000)
        let blocks = MarkdownReader.read(text)
        #expect(blocks.count == 30_000)
        let emoji = MarkdownReader.read(String(repeating: "👩‍👩‍👧", count: 20_000))
        #expect(!emoji.isEmpty)
    }

    @Test func `control characters are no text`() {
        #expect(
            MarkdownReader.read("a\u{0}b\u{1b}[31m\u{7}") == [.paragraph(RichText("a\u{FFFD}b\u{FFFD}[31m\u{FFFD}"))])
        #expect(RichText("x\u{2028}y").text == "x\u{FFFD}y")
    }

    @Test(arguments: 0..<50) func `any text is read`(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let parts = ["#", "*", "_", "`", "\n", " ", "- ", "1. ", "> ", "|", "[a](b)", "<b>", "~", "\\", "漢", "ب", "a"]
        let text = (0..<400).map { _ in parts[Int.random(in: 0..<parts.count, using: &random)] }.joined()
        _ = MarkdownReader.read(text)
    }
}
