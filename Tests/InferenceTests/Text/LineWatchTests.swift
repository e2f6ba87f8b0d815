import Testing
import Vocabulary

@testable import Inference

@Suite struct LineWatchTests {
    private func watch(_ set: (inout LineLimits) -> Void) -> LineWatch {
        var limits = LineLimits()
        set(&limits)
        return LineWatch(limits)
    }

    /// The answer, piece by piece, and whether it was ended.
    private func answer(
        _ pieces: [String], writing: Duration = .zero, _ set: (inout LineLimits) -> Void
    ) -> (text: String, isEnded: Bool) {
        var watch = watch(set)
        var text = ""
        for piece in pieces {
            if let last = watch.take(piece, writing: writing) { return (text + last, true) }
            text += piece
        }
        return (text, false)
    }

    @Test(arguments: [
        (["a\n  b\n  c\nd"], "a\n  b\n  c\n", true), (["a", "\n", " ", " b", "\n", "c"], "a\n  b\n", true),
        (["a\n", " ", "b"], "a\n ", true), (["a\n\tb"], "a\n\t", true), (["a\n \tb"], "a\n \tb", false),
        (["a\n\nb"], "a\n", true), (["  a b c"], "  a b c", false), (["a\n   "], "a\n   ", false),
        (["é\n  日\n本"], "é\n  日\n", true), ([""], "", false),
    ])
    func `the first line that begins with too few blanks ends the answer`(
        pieces: [String], text: String, isEnded: Bool
    ) {
        let answer = answer(pieces) { $0.indentation = 2 }
        #expect(answer.text == text && answer.isEnded == isEnded)
    }

    @Test func `a late answer ends with its line`() {
        let late = answer(["a", "b\nc", "d\n"], writing: .milliseconds(11)) { $0.writing = .milliseconds(10) }
        #expect(late.text == "ab\nc" && late.isEnded)
        let early = answer(["a\nb"], writing: .milliseconds(10)) { $0.writing = .milliseconds(10) }
        #expect(!early.isEnded)
    }

    @Test func `no limits end nothing`() {
        #expect(answer(["a\nb\n\nc"], writing: .seconds(99)) { _ in }.isEnded == false)
        #expect(LineLimits().isEmpty)
    }
}
