import Gateway
import TestRandomness
import Testing
import Vocabulary

@Suite struct EnsembleMergingTests {
    private typealias Ballot = EnsembleMerging.Ballot

    // MARK: Voting

    @Test func `the answer that most gave wins, however it is written`() {
        let outcome = vote(["The answer is 42.", "the answer is: 42", "It is 41!", "ANSWER IS 42"])
        #expect(outcome.chosen == 0 && outcome.scores == [0.75, 0.75, 0.25, 0.75])
        #expect(outcome.agreement > 0.6)
    }

    @Test func `weights count, and break ties`() {
        #expect(vote(["yes", "no"]).chosen == 0)
        #expect(vote(["yes", "no"], weights: [1, 2]).chosen == 1)
        #expect(vote(["yes", "no", "no"], weights: [3, 1, 1]).chosen == 0)
        #expect(vote(["yes", "no", "no"], weights: [1.5, 1, 1]).chosen == 1)
    }

    @Test func `JSON is compared as JSON, with or without a fence`() {
        let outcome = vote([#"{"a": 2, "b": [1]}"#, #"{"a": 1, "b": [1]}"#, "```json\n{ \"b\":[1], \"a\":1 }\n```\n"])
        #expect(outcome.chosen == 1 && outcome.scores[1] == outcome.scores[2] && outcome.scores[0] < outcome.scores[1])
    }

    @Test func `numbers are not torn apart`() {
        #expect(AnswerText("It costs 1,234.50.").normal == "it costs 1,234.50")
        #expect(AnswerText("3.5").normal != AnswerText("35").normal && AnswerText("-").normal == "-")
        #expect(AnswerText(" The cat, a dog ").normal == "cat dog")
    }

    @Test func `where nobody says the same, the text that has most in common with the others wins`() {
        let outcome = vote([
            "Bananas are yellow and grow in the tropics.", "The sky is blue because air scatters blue light most.",
            "Air scatters blue light most, so the sky looks blue.", "Blue light is scattered by air, hence a blue sky.",
        ])
        #expect([1, 2, 3].contains(outcome.chosen) && outcome.scores[0] == outcome.scores.min())
    }

    @Test func `an empty answer wins nothing`() {
        #expect(vote(["", "", "something"]).chosen == 2)
        for method in EnsembleSpec.Method.allCases {
            #expect(
                EnsembleMerging.choose([Ballot(model: "a", text: ""), Ballot(model: "b", text: "x")], by: method).chosen
                    == 1)
        }
    }

    // MARK: Scores

    @Test func `the likeliest is selected, or the one that the judge likes`() {
        var ballots = [("a", -0.9), ("b", -0.1), ("c", -0.5)].map { Ballot(model: $0.0, text: $0.0, meanLogprob: $0.1) }
        #expect(EnsembleMerging.choose(ballots, by: .select).chosen == 1)
        ballots[2].grade = 0.95
        #expect(EnsembleMerging.choose(ballots, by: .select).chosen == 2)
    }

    @Test func `an average weighs likelihood, grade and agreement`() {
        let ballots = [
            Ballot(model: "a", text: "blue", meanLogprob: -0.1, grade: 0.2),
            Ballot(model: "b", text: "green", meanLogprob: -0.2, grade: 0.9),
            Ballot(model: "c", text: "green", meanLogprob: -2, grade: 0.9),
        ]
        #expect(EnsembleMerging.choose(ballots, by: .average).chosen == 1)
    }

    @Test(arguments: 0..<40) func `scores are within bounds, and the chosen one has the highest`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let words = ["red", "green", "blue", "42", "{\"a\":1}", ""]
        for method in EnsembleSpec.Method.allCases {
            let ballots = (0..<Int.random(in: 1...8, using: &random)).map { index in
                Ballot(
                    model: "\(index)", weight: Double.random(in: 0.1...5, using: &random),
                    text: (0..<Int.random(in: 0...3, using: &random)).map { _ in
                        words.randomElement(using: &random) ?? ""
                    }
                    .joined(separator: " "),
                    meanLogprob: Bool.random(using: &random) ? Double.random(in: -9...0, using: &random) : nil,
                    grade: Bool.random(using: &random) ? Double.random(in: 0...1, using: &random) : nil)
            }
            let outcome = EnsembleMerging.choose(ballots, by: method)
            #expect(outcome.scores.count == ballots.count && outcome.scores.allSatisfy { (0...1).contains($0) })
            #expect(outcome.scores[outcome.chosen] == outcome.scores.max() && (0...1).contains(outcome.agreement))
            // Who stands where does not matter, ties aside.
            let turned = EnsembleMerging.choose(ballots.reversed(), by: method)
            #expect(abs(turned.scores[turned.chosen] - outcome.scores[outcome.chosen]) < 1e-9)
        }
    }

    // MARK: Agreement

    @Test func `agreement is between nothing and all, and the same from both sides`() {
        let (one, other) = (AnswerText("red green blue"), AnswerText("green blue black white"))
        #expect(one.agreement(with: other) == other.agreement(with: one))
        // Three words and four, of which two are shared.
        #expect(abs(one.agreement(with: other) - 4.0 / 7) < 1e-9 && one.agreement(with: one) == 1)
        #expect(AnswerText("").agreement(with: one) == 0 && AnswerText("red").agreement(with: AnswerText("blue")) == 0)
    }

    // MARK: Judges and lines

    @Test func `a grade is the first number that can be one`() {
        let grades: [String: Double?] = [
            "8": 0.8, "Grade: 7.5.": 0.75, "10/10": 1, "I give 100, no, 9": 0.9, "zero": nil, "": nil, "0": 0,
            "3.": 0.3,
            "11": nil, "1.2.3": 0.12,
        ]
        for (text, grade) in grades { #expect(Judging.grade(in: text) == grade, "\(text)") }
        let question = Judging.question(about: String(repeating: "q", count: 50_000), answer: "a")
        #expect(question.utf8.count < 10_000 && question.contains("===== answer =====\na\n"))
    }

    @Test func `lines of several texts are whole, and each says whose it is`() {
        var lines = InterleavedLines(names: ["a", "b"])
        #expect(lines.add("one", from: 0) == "" && lines.add("x\ny", from: 1) == "[b] x\n")
        #expect(lines.add(" more\ntwo", from: 0) == "[a] one more\n")
        #expect(lines.end(0) == "[a] two\n" && lines.end(0) == "" && lines.end(1) == "[b] y\n")
        var long = InterleavedLines(names: ["a"])
        #expect(long.add(String(repeating: "word ", count: 300), from: 0).split(separator: "\n").count == 2)
    }

    @Test func `likelihoods are averaged over all tokens`() {
        var tally = EnsembleTally()
        #expect(tally.meanLogprob == nil)
        for logprob in [-1, -2, -Double.infinity] {
            tally.take(.logprobs([TokenLogprob(chosen: .init(token: 1, bytes: [], logprob: logprob), top: [])]))
        }
        tally.take(.text("a"))
        tally.take(.reasoning("r"))
        tally.take(.text("b"))
        #expect(tally.meanLogprob == -1.5 && tally.text == "ab" && tally.reasoning == "r" && tally.end == nil)
    }

    private func vote(_ texts: [String], weights: [Double]? = nil) -> EnsembleMerging.Outcome {
        EnsembleMerging.choose(
            texts.enumerated().map { index, text in
                Ballot(model: "\(index)", weight: weights?[index] ?? 1, text: text)
            }, by: .vote)
    }
}
