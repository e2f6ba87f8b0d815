import Conversations
import TestRandomness
import Testing
import Vectors

@Suite struct MeaningTests {
    // MARK: Chunks

    @Test func `a short text is one piece without its margins`() {
        #expect(TextChunks.places(in: "  hello\n") == [TextChunks.Place(start: 2, length: 5)])
        #expect(TextChunks.places(in: " \n\t ").isEmpty)
        #expect(TextChunks.places(in: "").isEmpty)
    }

    @Test(arguments: [
        ("one two three four five six", 16), ("äöü ßßß ÄÄÄ ööö üüü", 16), ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 16),
    ])
    func `pieces hold all words and no half character`(text: String, bytesMax: Int) {
        let pieces = TextChunks.places(in: text, bytesMax: bytesMax).map { TextChunks.text(of: $0, in: text) }
        #expect(pieces.allSatisfy { $0.utf8.count <= bytesMax && !$0.isEmpty && !$0.contains("\u{FFFD}") })
        #expect(pieces.joined().filter { $0 != " " } == text.filter { $0 != " " })
    }

    @Test func `a cut is at the end of a sentence where one is near`() {
        let text = "This is a sentence. And here is another one that goes on"
        let pieces = TextChunks.places(in: text, bytesMax: 24).map { TextChunks.text(of: $0, in: text) }
        #expect(pieces.first == "This is a sentence.")
    }

    @Test func `emoji and long runs are cut between characters`() {
        let text = String(repeating: "🦙", count: 100)
        for place in TextChunks.places(in: text, bytesMax: 17) {
            #expect(!TextChunks.text(of: place, in: text).contains("\u{FFFD}"))
        }
    }

    @Test func `a text without end has so many pieces and no more`() {
        let text = String(repeating: "word ", count: 100_000)
        #expect(TextChunks.places(in: text).count == TextChunks.countMax)
    }

    @Test func `a place behind the end of a changed text is empty`() {
        #expect(TextChunks.text(of: TextChunks.Place(start: 3, length: 10), in: "short") == "")
    }

    // MARK: The table

    private func vector(_ seed: UInt64) throws -> QuantizedVector {
        var random = SeededRandom(seed: seed)
        return QuantizedVector(
            try #require(UnitVector((0..<48).map { _ in Float.random(in: -1...1, using: &random) })))
    }

    @Test func `the nearest rows are those of a full comparison`() throws {
        var table = MeaningTable()
        let vectors = try (1...500).map { try vector(UInt64($0)) }
        for (number, vector) in vectors.enumerated() { table.add(vector, row: Int64(number + 1)) }
        let question = try vector(77)
        let all = vectors.enumerated().map { MeaningTable.Match(row: Int64($0 + 1), score: $1.cosine(question)) }
            .sorted { $0.score != $1.score ? $0.score > $1.score : $0.row < $1.row }
        for count in [1, 3, 50, 500, 1_000] {
            let found = table.nearest(question, countMax: count)
            #expect(found.map(\.row) == all.prefix(count).map(\.row))
        }
        #expect(table.nearest(question, countMax: 3).first?.row == 77)
        #expect(table.nearest(question, countMax: 9, least: 0.99).map(\.row) == [77])
        #expect(table.nearest(question, countMax: 9, among: [5, 6]).count == 2)
        #expect(table.count == 500 && table.last == 500)
    }

    @Test func `vectors of another model are left out`() throws {
        var table = MeaningTable()
        #expect(table.add(try vector(1), row: 1))
        #expect(!table.add(QuantizedVector(try #require(UnitVector([1, 2]))), row: 2))
        #expect(table.nearest(QuantizedVector(try #require(UnitVector([1, 2]))), countMax: 1).isEmpty)
        #expect(MeaningTable().nearest(try vector(1), countMax: 1).isEmpty)
    }

    // MARK: Ranks

    @Test func `what stands in both lists comes first`() {
        let joined = RankFusion.join([["a", "b", "c"], ["d", "c", "a"]])
        #expect(joined.map(\.item) == ["a", "c", "d", "b"])
        #expect(abs(joined[0].score - (1.0 / 61 + 1.0 / 63)) < 1e-12)
    }

    @Test func `lists that are empty or repeat themselves do no harm`() {
        #expect(RankFusion.join([[String]]()).isEmpty)
        #expect(RankFusion.join([[], ["a", "a"]]).map(\.item) == ["a"])
        #expect(RankFusion.join([["a", "a", "b"]])[1].score == 1.0 / 62)
    }
}
