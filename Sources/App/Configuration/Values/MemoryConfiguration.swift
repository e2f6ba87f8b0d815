/// What is remembered of users, and who makes it findable.
public struct MemoryConfiguration: Sendable, Equatable {
    /// Whether texts are found by their meaning, where a model makes vectors.
    public var findsMeaning = true
    /// The model that makes vectors of messages.
    public var embedder = "embed"
    /// The model that learns from turns; `nil` is whoever answers.
    public var teacher: String?
    /// Memories of one user.
    public var perUser = 2_000
    /// Memories that are not pinned and not used for so long are forgotten.
    public var keepUnused = Duration.seconds(30 * 86_400)
    /// Copies of vectors, so that a search reads none.
    public var searchMemory = ByteCount.mebibytes(256)

    public init() {}
}
