/// What is kept of OpenAI's responses, so that requests can go on from them.
public struct ResponseConfiguration: Sendable, Equatable {
    /// How long a response is kept.
    public var keep = Duration.seconds(30 * 86_400)
    /// How many are kept of one user; the oldest go first.
    public var keptMax = 10_000

    public init() {}
}
