import Vocabulary

/// The bounds of what a request may say. Beyond each there is an error, never a silent cut.
public enum RequestBounds {
    /// Messages of a chat, and parts of one message.
    public static let messagesMax = 10_000
    /// Images and recordings of one prompt.
    static let mediaMax = 64
    /// Bytes of the name or address of a file elsewhere.
    static let mediaURLBytesMax = 4_096
    public static let toolsMax = 1_024
    /// Bytes of a tool's name.
    public static let nameBytesMax = 256
    public static let stopsMax = 64
    /// Bytes of one stop text. They are looked for after each token, on the thread that serves everyone.
    public static let stopBytesMax = 1_024
    static let tokensMax = 10_000_000
    /// The largest count that reaches the engine: 32 bits with a sign.
    public static let newTokensMax = Int(Int32.max)
    /// Answers to one request: prompts times `n`. OpenAI's bound of `n`.
    static let choicesMax = 128
    /// OpenAI's bound.
    public static let topLogprobsMax = 20
    /// llama-server's `n_probs` has none; each entry costs a sort of that depth for every token.
    static let probabilitiesMax = 1_000
    static let logitBiasesMax = 10_000
    static let samplersMax = 64
    /// Adapters that one request names.
    static let adaptersMax = 1_024
    static let breakersMax = 64
    /// Bytes of a grammar or of a regular expression.
    static let constraintBytesMax = 1 << 20
    /// Seven days in milliseconds.
    static let deadlineMillisecondsMax = 604_800_000.0
    static let weightRange = SchedulingOptions.weights
}
