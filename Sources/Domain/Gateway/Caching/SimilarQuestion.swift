public import Vectors

/// A question that was answered, as it is found by its meaning.
public struct SimilarQuestion: Sendable, Equatable {
    /// Of its answer.
    public var key: AnswerKey
    /// Only questions of the same circle are compared: SHA-256 of the tenant, of who answers, of the model that made the vector,
    /// and of everything in the request but the question.
    public var circle: AnswerKey
    public var vector: UnitVector
    /// What a vector does not see.
    public var marks: QuestionMarks
    /// Microseconds since 1970.
    public var expiresAt: Int64

    public init(
        key: AnswerKey, circle: AnswerKey, vector: UnitVector, marks: QuestionMarks, expiresAt: Int64
    ) {
        self.key = key
        self.circle = circle
        self.vector = vector
        self.marks = marks
        self.expiresAt = expiresAt
    }
}
