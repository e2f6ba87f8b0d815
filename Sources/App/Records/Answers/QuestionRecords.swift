public import Gateway
public import Storage
import Vectors

/// Questions by their meaning, and what was calibrated, in the database.
public struct QuestionRecords: QuestionStore {
    private let database: Database

    /// - Parameter database: brought up to date with `Migrations.all`.
    public init(database: Database) { self.database = database }

    public func questions(limit: Int, at now: Int64) async throws -> [SimilarQuestion] {
        var questions: [SimilarQuestion] = []
        try await database.forEachRow(
            """
            SELECT answer_questions.key AS key, circle, vector, marks, answer_questions.expires_at AS expires_at
            FROM answer_questions JOIN answers ON answers.key = answer_questions.key
            WHERE answer_questions.expires_at > $1 ORDER BY answers.written_at DESC LIMIT $2
            """, [.integer(now), .int(limit)]
        ) { row throws(StorageError) in
            guard let key = AnswerKey(bytes: try row.decode("key")),
                let circle = AnswerKey(bytes: try row.decode("circle")),
                let vector = UnitVector(bytes: try row.decode("vector")),
                let marks = QuestionMarks(bytes: try row.decode("marks"))
            else { return }
            questions.append(
                SimilarQuestion(
                    key: key, circle: circle, vector: vector, marks: marks, expiresAt: try row.decode("expires_at")))
        }
        return questions.reversed()
    }

    public func thresholds() async throws -> [String: CalibratedThreshold] {
        let rows = try await database.query(
            #"SELECT model, identity, threshold, "precision", recall, pairs, at FROM answer_thresholds LIMIT 1000"#)
        var found: [String: CalibratedThreshold] = [:]
        for row in rows {
            found[try row.decode("model")] = CalibratedThreshold(
                threshold: try row.decode("threshold"), precision: try row.decode("precision"),
                recall: try row.decode("recall"), pairs: try row.decode("pairs"), identity: try row.decode("identity"),
                at: try row.decode("at"))
        }
        return found
    }

    public func keep(_ threshold: CalibratedThreshold, of model: String) async throws {
        try await database.execute(
            """
            INSERT INTO answer_thresholds (model, identity, threshold, "precision", recall, pairs, at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (model) DO UPDATE SET
                identity = excluded.identity, threshold = excluded.threshold, "precision" = excluded."precision",
                recall = excluded.recall, pairs = excluded.pairs, at = excluded.at
            """,
            [
                .text(model), .text(threshold.identity), .real(threshold.threshold), .real(threshold.precision),
                .real(threshold.recall), .int(threshold.pairs), .integer(threshold.at),
            ])
    }
}
