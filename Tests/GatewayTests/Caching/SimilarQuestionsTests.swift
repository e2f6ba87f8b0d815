import Gateway
import TestRandomness
import Testing
import Vectors
import Vocabulary

@Suite struct SimilarQuestionsTests {
    private static let circle = AnswerShelfTests.key("circle")

    private static func vector(_ numbers: [Float]) throws -> UnitVector { try #require(UnitVector(numbers)) }

    private static func question(
        _ name: String, _ numbers: [Float], _ text: String = "", circle: AnswerKey = circle, until end: Int64 = 100
    ) throws -> SimilarQuestion {
        SimilarQuestion(
            key: AnswerShelfTests.key(name), circle: circle, vector: try vector(numbers), marks: QuestionMarks(text),
            expiresAt: end)
    }

    @Test func `the nearest one above the threshold is found`() throws {
        var questions = SimilarQuestions(countMax: 10)
        questions.add(try Self.question("a", [1, 0, 0]))
        questions.add(try Self.question("b", [1, 1, 0]))
        let circle = try #require(questions.circle(Self.circle))
        let asked = try Self.vector([2, 1.5, 0])
        let match = circle.nearest(asked, QuestionMarks(""), threshold: 0.9, at: 0).match
        #expect(match?.key == AnswerShelfTests.key("b"))
        #expect(abs((match?.similarity ?? 0) - 0.98995) < 1e-4)
        #expect(circle.nearest(asked, QuestionMarks(""), threshold: 0.995, at: 0).match == nil)
        #expect(circle.nearest(try Self.vector([0, 0, 1]), QuestionMarks(""), threshold: 0.5, at: 0).match == nil)
    }

    @Test func `one whose marks differ is refused, and a further one may stand for it`() throws {
        var questions = SimilarQuestions(countMax: 10)
        questions.add(try Self.question("near", [1, 0], "What is 2 and 3?"))
        questions.add(try Self.question("far", [1, 0.3], "What is 2 and 4?"))
        let circle = try #require(questions.circle(Self.circle))
        let found = circle.nearest(try Self.vector([1, 0]), QuestionMarks("What is 2 and 4?"), threshold: 0.8, at: 0)
        #expect(found.match?.key == AnswerShelfTests.key("far"))
        #expect(found.refused == [.numbers])
    }

    @Test func `circles do not see each other`() throws {
        var questions = SimilarQuestions(countMax: 10)
        questions.add(try Self.question("a", [1, 0]))
        #expect(questions.circle(AnswerShelfTests.key("other")) == nil)
    }

    @Test func `what is over and what was removed is not found`() throws {
        var questions = SimilarQuestions(countMax: 10)
        questions.add(try Self.question("a", [1, 0], until: 50))
        questions.add(try Self.question("b", [0, 1]))
        let circle = try #require(questions.circle(Self.circle))
        #expect(circle.nearest(try Self.vector([1, 0]), QuestionMarks(""), threshold: 0.9, at: 50).match == nil)
        questions.remove(AnswerShelfTests.key("b"))
        questions.remove(AnswerShelfTests.key("a"))
        #expect(questions.count == 0 && questions.byteCount == 0 && questions.circle(Self.circle) == nil)
    }

    @Test func `the oldest go when there are too many`() throws {
        var questions = SimilarQuestions(countMax: 2)
        questions.add(try Self.question("a", [1, 0]))
        questions.add(try Self.question("b", [0, 1], circle: AnswerShelfTests.key("other")))
        questions.add(try Self.question("a", [1, 1]))
        questions.add(try Self.question("c", [1, 0]))
        #expect(questions.count == 2)
        #expect(questions.circle(AnswerShelfTests.key("other")) == nil, "b is older than the new a")
    }

    /// Against every vector by itself, through additions and removals.
    @Test(arguments: 0..<8 as Range<UInt64>)
    func `it finds what looking at each one finds`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let dimensions = [3, 8, 33, 40][Int(seed % 4)]
        func numbers() -> [Float] { (0..<dimensions).map { _ in Float.random(in: -1...1, using: &random) } }
        var questions = SimilarQuestions(countMax: 1_000)
        var all: [String: UnitVector] = [:]
        for round in 0..<120 {
            let name = String(Int.random(in: 0..<60, using: &random))
            if round % 3 == 2 {
                questions.remove(AnswerShelfTests.key(name))
                all[name] = nil
            } else {
                let question = try Self.question(name, numbers())
                questions.add(question)
                all[name] = question.vector
            }
        }
        #expect(questions.count == all.count)
        let circle = try #require(questions.circle(Self.circle))
        for _ in 0..<20 {
            let asked = try Self.vector(numbers())
            let best = all.max { $0.value.cosine(asked) < $1.value.cosine(asked) }
            let match = circle.nearest(asked, QuestionMarks(""), threshold: -1, at: 0).match
            #expect(match?.key == best.map { AnswerShelfTests.key($0.key) })
        }
    }

    @Test func `a vector has a direction, and comes back from its bytes`() throws {
        #expect(UnitVector([]) == nil && UnitVector([0, 0]) == nil && UnitVector([.nan]) == nil)
        let vector = try Self.vector([3, -4, 0.5])
        let again = try #require(UnitVector(bytes: vector.bytes))
        #expect(abs(vector.cosine(again) - 1) < 1e-6)
        #expect(UnitVector(bytes: [1, 2]) == nil && UnitVector(bytes: []) == nil)
        #expect(vector.cosine(try Self.vector(Array(repeating: 1, count: 20))) == 0)
    }
}
