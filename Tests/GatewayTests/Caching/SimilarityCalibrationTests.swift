import Gateway
import Testing

@Suite struct SimilarityCalibrationTests {
    private func sample(
        _ similarity: Double, _ isSame: Bool, _ conflict: QuestionMarks.Conflict? = nil, kind: String = "k"
    ) -> SimilarityCalibration.Sample {
        .init(similarity: similarity, isSame: isSame, kind: kind, conflict: conflict)
    }

    @Test func `precision and recall count as they should, with marks and without`() {
        let calibration = SimilarityCalibration([
            sample(0.95, true), sample(0.9, true), sample(0.7, true), sample(0.92, false, .numbers, kind: "n"),
            sample(0.91, false, kind: "o"), sample(0.3, false),
        ])
        let guarded = calibration.point(at: 0.9, isGuarded: true)
        #expect(guarded.accepted == 3 && guarded.wrong == 1 && guarded.precision == 2.0 / 3)
        #expect(guarded.recall == 2.0 / 3)
        let bare = calibration.point(at: 0.9, isGuarded: false)
        #expect(bare.accepted == 4 && bare.wrong == 2)
        #expect(calibration.mistakes(at: 0.9, isGuarded: false).map(\.kind) == ["n", "o"])
        #expect(calibration.mistakes(at: 0.9, isGuarded: true).map(\.kind) == ["o"])
        #expect(calibration.point(at: 1, isGuarded: true).precision == 1)
    }

    @Test func `the lowest threshold from which all higher ones are good is recommended`() {
        func many(_ count: Int, _ similarity: Double, _ isSame: Bool) -> [SimilarityCalibration.Sample] {
            (0..<count).map { _ in sample(similarity, isSame) }
        }
        // At 0.6 it would be good enough again, by luck; at 0.95 there are too few to tell.
        let calibration = SimilarityCalibration(
            many(1, 0.955, false) + many(25, 0.9, true) + many(3, 0.755, false) + many(90, 0.65, true))
        #expect(calibration.recommendation(precision: 0.95)?.threshold == 0.76)
        #expect(calibration.recommendation(precision: 0.85)?.threshold == 0.5)
        #expect(calibration.recommendation(precision: 0.99) == nil)
        #expect(SimilarityCalibration(many(19, 0.9, true)).recommendation(precision: 0.9) == nil)
        #expect(SimilarityCalibration([]).recommendation(precision: 0.9) == nil)
    }

    @Test func `there are enough pairs of both sorts, and each only once`() {
        let pairs = QuestionPair.standard
        #expect(pairs.count >= 200 && pairs.count(where: \.isSame) >= 100)
        #expect(Set(pairs.map(\.kind)).count == 7)
        #expect(Set(pairs.map { $0.first + "|" + $0.second }).count == pairs.count)
        for pair in pairs { #expect(pair.first != pair.second) }
    }

    /// What looking at marks is worth: most traps are seen without any vector, and few paraphrases are lost.
    @Test func `marks see most of the traps and cost few of the paraphrases`() {
        var seen: [String: (Int, Int)] = [:]
        for pair in QuestionPair.standard {
            let isRefused = QuestionMarks(pair.first).conflict(with: QuestionMarks(pair.second)) != nil
            seen[pair.kind, default: (0, 0)].0 += isRefused ? 1 : 0
            seen[pair.kind, default: (0, 0)].1 += 1
        }
        func share(_ kind: String) -> Double { seen[kind].map { Double($0.0) / Double($0.1) } ?? 0 }
        #expect(share("paraphrase") <= 0.05, "\(seen)")
        for kind in ["negation", "numbers"] { #expect(share(kind) >= 0.95, "\(kind): \(seen)") }
        // Names in small letters are not seen.
        for kind in ["names", "code", "direction"] { #expect(share(kind) >= 0.75, "\(kind): \(seen)") }
    }
}
