import Launch
import Testing

@testable import Platform

@Suite struct TextTableTests {
    @Test func `columns line up, numbers to the right, and nothing hangs behind the last`() {
        var table = TextTable(.left("NAME"), .right("SIZE"), .left("STATE"))
        table.add(["a", "1 kB", "ready"])
        table.add(["longer", "900 MB", "x"])
        #expect(
            table.text(for: .output) == """
                NAME      SIZE  STATE
                a         1 kB  ready
                longer  900 MB  x

                """)
    }

    @Test func `text that could steer the terminal is shown and not obeyed`() {
        #expect(PlainText.safe("a\u{1B}[31m\n\u{202E}b\u{7F}") == "a\\u{1b}[31m\\u{a}\\u{202e}b\\u{7f}")
        #expect(PlainText.safe("größer 模型 😀") == "größer 模型 😀")
        var table = TextTable(.left("X"))
        table.add([TextTable.Cell("a\nb\u{9B}2J")])
        #expect(table.text(for: .output) == "X\na\\u{a}b\\u{9b}2J\n")
    }

    @Test(
        arguments: [
            (0, "0 B"), (999, "999 B"), (1_000, "1 kB"), (1_234, "1.2 kB"), (99_940, "99.9 kB"), (99_960, "100 kB"),
            (999_600, "1 MB"), (1_800_000_000, "1.8 GB"), (5_000_000_000_000_000, "5000 TB"),
        ])
    func `sizes for people`(count: Int64, text: String) { #expect(PlainText.bytes(count) == text) }

    @Test(arguments: [(0, "0"), (950, "950"), (1_800_000, "1.8M"), (7_615_616_512, "7.6B"), (1_000_000_000_000, "1T")])
    func `counts for people`(count: Int64, text: String) { #expect(PlainText.count(count) == text) }
}
