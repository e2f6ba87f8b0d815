import Gateway
import Records
import Storage
import Testing
import Vectors
import Vocabulary

@Suite struct AnswerRecordsTests {
    private static let wide = AnswerBounds(bytesMax: 1 << 30, countMax: 1_000)

    private func withRecords(
        _ backend: Backend, _ body: (AnswerRecords, QuestionRecords) async throws -> Void
    ) async throws {
        try await withDatabase(backend) { database in
            try await database.migrate(Migrations.all)
            try await body(AnswerRecords(database: database), QuestionRecords(database: database))
        }
    }

    private func key(_ name: String) -> AnswerKey {
        AnswerKey(
            .answer, tenant: TenantID("t"), source: AnswerSource(model: "m", identity: "1"), request: Array(name.utf8))
    }

    private func answer(
        _ name: String, until end: Int64 = 1_000, tenant: String = "t", model: String = "m", tags: [String] = [],
        writtenAt: Int64 = 1, bytes: Int = 3
    ) -> CachedAnswer {
        CachedAnswer(
            key: key(name), kind: .answer, tenant: TenantID(tenant), model: model, tags: tags, writtenAt: writtenAt,
            expiresAt: end, promptTokens: 5, completionTokens: 7, computing: 99,
            payload: (0..<bytes).map { UInt8(truncatingIfNeeded: $0) })
    }

    private func batch(_ answers: CachedAnswer...) -> AnswerBatch {
        var batch = AnswerBatch()
        batch.answers = answers
        return batch
    }

    @Test(arguments: Backend.allCases) func `an answer is there again, and its successor takes its place`(
        backend: Backend
    ) async throws {
        try await withRecords(backend) { records, _ in
            let first = answer("a", tags: ["x", "y z"])
            #expect(try await records.keep(batch(first, answer("b")), within: Self.wide, at: 2) == [])
            #expect(try await records.find(first.key) == first)
            #expect(try await records.find(key("c")) == nil)
            let second = answer("a", writtenAt: 3, bytes: 9)
            _ = try await records.keep(batch(second), within: Self.wide, at: 3)
            #expect(try await records.find(first.key) == second)
            #expect(try await records.keys(at: 3) == [first.key: 1_000, key("b"): 1_000])
        }
    }

    @Test(arguments: Backend.allCases) func `what is over, damaged or beyond the bounds goes`(
        backend: Backend
    ) async throws {
        try await withRecords(backend) { records, _ in
            _ = try await records.keep(
                batch(answer("old", until: 10), answer("bad"), answer("c"), answer("d"), answer("e")),
                within: Self.wide, at: 1)
            var later = AnswerBatch()
            later.damaged = [key("bad")]
            later.uses = [key("c"): 2]
            let gone = try await records.keep(later, within: Self.wide, at: 10)
            #expect(Set(gone) == [key("old"), key("bad")])
            // c was used last.
            let shrunk = try await records.keep(
                AnswerBatch(), within: AnswerBounds(bytesMax: 1 << 20, countMax: 2), at: 11)
            #expect(shrunk.count == 2 && !shrunk.contains(key("c")))
            #expect(try await records.list(AnswerSelection(.all), limit: 10, at: 11).map(\.hits) == [2])
            let none = try await records.keep(
                batch(answer("large", bytes: 5_000)), within: AnswerBounds(bytesMax: 1_000, countMax: 9), at: 12)
            #expect(none.contains(key("large")))
        }
    }

    @Test(arguments: Backend.allCases) func `answers are listed and forgotten by key, model, tag and tenant`(
        backend: Backend
    ) async throws {
        try await withRecords(backend) { records, _ in
            func fill() async throws {
                _ = try await records.keep(
                    batch(
                        answer("a", model: "m1", tags: ["x"], writtenAt: 1),
                        answer("b", tenant: "u", model: "m1", writtenAt: 2),
                        answer("c", model: "m2", tags: ["xy", "x"], writtenAt: 3)), within: Self.wide, at: 1)
            }
            try await fill()
            let lines = try await records.list(AnswerSelection(.all), limit: 2, at: 1)
            #expect(lines.map(\.key) == [key("c"), key("b")], "newest first")
            #expect(lines[0].tags == ["xy", "x"] && lines[0].bytes > 3 && lines[0].completionTokens == 7)
            let tagged = try await records.list(AnswerSelection(.tag("x"), of: TenantID("t")), limit: 9, at: 1)
            #expect(tagged.map(\.key) == [key("c"), key("a")])
            #expect(try await records.list(AnswerSelection(.all), limit: 9, at: 1_000) == [])
            for (selection, count) in [
                (AnswerSelection(.tag("x")), 2), (AnswerSelection(.tag("xy")), 1), (AnswerSelection(.tag("%")), 0),
                (AnswerSelection(.model("m1")), 2), (AnswerSelection(.model("m1"), of: TenantID("u")), 1),
                (AnswerSelection(.key(key("a"))), 1), (AnswerSelection(.key(key("a")), of: TenantID("u")), 0),
                (AnswerSelection(.all, of: TenantID("t")), 2), (AnswerSelection(.all), 3),
            ] {
                try await fill()
                #expect(try await records.forget(selection) == count, "\(selection)")
                #expect(try await records.keys(at: 1).count == 3 - count, "\(selection)")
            }
        }
    }

    @Test(arguments: Backend.allCases) func `questions come back oldest first, and go with their answers`(
        backend: Backend
    ) async throws {
        try await withRecords(backend) { records, questions in
            func question(_ name: String, _ numbers: [Float]) throws -> SimilarQuestion {
                SimilarQuestion(
                    key: key(name), circle: key("circle"), vector: try #require(UnitVector(numbers)),
                    marks: QuestionMarks("Why 3 in Rust?"), expiresAt: 1_000)
            }
            var first = batch(answer("a", writtenAt: 1), answer("b", writtenAt: 2))
            let (a, b) = (try question("a", [1, 0]), try question("b", [0, 1]))
            first.questions = [a, b]
            _ = try await records.keep(first, within: Self.wide, at: 1)
            #expect(try await questions.questions(limit: 9, at: 1).map(\.key) == [a.key, b.key])
            #expect(try await questions.questions(limit: 1, at: 1).map(\.key) == [b.key], "the newest count")
            #expect(try await questions.questions(limit: 9, at: 1).first?.marks == a.marks)
            _ = try await records.forget(AnswerSelection(.key(a.key)))
            #expect(try await questions.questions(limit: 9, at: 1).map(\.key) == [b.key])
            #expect(try await questions.questions(limit: 9, at: 1_000).isEmpty)
        }
    }

    @Test(arguments: Backend.allCases) func `a calibration takes the place of the one before`(
        backend: Backend
    ) async throws {
        try await withRecords(backend) { _, questions in
            func calibrated(_ threshold: Double) -> CalibratedThreshold {
                CalibratedThreshold(
                    threshold: threshold, precision: 0.95, recall: 0.7, pairs: 231, identity: "1", at: 5)
            }
            #expect(try await questions.thresholds() == [:])
            try await questions.keep(calibrated(0.8), of: "embed")
            try await questions.keep(calibrated(0.9), of: "embed")
            #expect(try await questions.thresholds() == ["embed": calibrated(0.9)])
        }
    }
}
