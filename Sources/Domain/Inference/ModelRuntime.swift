public import Vocabulary

/// What the scheduler needs of a model in memory. The adapter for llama.cpp and the tests' scripted model implement it.
///
/// Made on the engine's thread and only ever used there, so it need not be `Sendable`.
public protocol ModelRuntime {
    /// The state of choosing tokens for one sequence: its chance and history.
    associatedtype Sampler

    /// Adds a token to the next step and returns its row. The caller keeps to the batch's size.
    func append(token: Int32, position: Int, slot: Int, wantsLogits: Bool) -> Int
    /// Computes the step that was filled with `append`, and empties the batch whether it succeeds or not.
    func decode() throws
    func makeSampler(_ parameters: SamplingParameters, seed: UInt32) -> Sampler
    /// Chooses a token from the logits of a row of the last step.
    func sample(_ sampler: Sampler, row: Int) throws -> Int32
    /// Frees what the sequence in this slot holds in the key-value cache.
    func release(slot: Int)
}

/// The vocabulary of a model: reading and writing text as tokens. Safe to use from any thread.
public protocol Tokenizing: Sendable {
    /// The tokens of a text.
    ///
    /// - Parameters:
    ///   - text: the text to read.
    ///   - addsSpecial: puts begin and end tokens around it where the vocabulary wants them.
    ///   - parsesSpecial: reads the texts of control tokens as those tokens.
    /// - Returns: ids in `0 ..< vocabularyCount`.
    /// - Throws: `ServiceError` when the text has characters outside the vocabulary.
    func tokens(of text: String, addsSpecial: Bool, parsesSpecial: Bool) throws(ServiceError) -> [Int32]
    /// The bytes that a token stands for; not always whole characters.
    func bytes(of token: Int32) -> [UInt8]
    /// Whether this token ends an answer.
    func isEndOfGeneration(_ token: Int32) -> Bool
    /// Ids are `0 ..< vocabularyCount`.
    var vocabularyCount: Int { get }
    /// The texts of the begin and end tokens, for chat templates.
    var beginText: String { get }
    var endText: String { get }
    /// The texts of all control tokens, such as `<|im_start|>`.
    var controlTexts: [String] { get }
}
