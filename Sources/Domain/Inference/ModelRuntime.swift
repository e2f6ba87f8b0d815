public import Vocabulary

/// What the scheduler needs of a model in memory. The adapter for llama.cpp and the tests' scripted model implement it.
///
/// Made on the engine's thread and only ever used there, so it need not be `Sendable`; what `each` calls may read logits. Sequences are numbers from 0 below
/// `RuntimeShape.sequences`; what they hold is shared by reference.
public protocol ModelRuntime: AnyObject {
    var shape: RuntimeShape { get }
    /// Adds a token to the next step and returns its row. The caller keeps to the batch's size.
    func append(token: Int32, position: Int, sequence: Int, wantsLogits: Bool) -> Int
    /// Computes the step that was filled with `append`, and empties the batch whether it succeeds or not.
    ///
    /// - Throws: `RuntimeFailure.noRoom` when the key-value cache has no room; nothing was computed then.
    func decode() throws
    /// Computes rows of an image or a recording by themselves. A runtime without a projector has no such rows.
    ///
    /// - Returns: the row of the last one, for its logits.
    /// - Throws: `RuntimeFailure.noRoom` when the key-value cache has no room; nothing was computed then.
    func decode(_ rows: MediaRows) throws -> Int
    /// Computes the step as `decode` does, and tells where its rows looked. Only where `RuntimeShape.observedRowsMax`
    /// is more than 0, and for rows
    /// of one sequence alone.
    func decodeObserving() throws -> ObservedAttention
    /// The positions that a sequence holds, in the order of their cells.
    func positions(of sequence: Int) throws -> [Int]
    /// Gives the logits of a row of the last step, `RuntimeShape.vocabulary` of them.
    func withLogits<Result>(row: Int, _ body: (UnsafeBufferPointer<Float>) throws -> Result) throws -> Result
    /// The largest of each 64 logits of that row, as far as there are 64 of them; NaN where one of them is. Valid as long as
    /// the logits. `nil` when the runtime does not know them: then whoever needs them looks for them.
    func logitMaxima(row: Int) -> UnsafeBufferPointer<Float>?
    /// Threads that have just computed a row's logits and are awake, with the engine's own; 1 where others computed them.
    func threadsAwake(afterRow row: Int) -> Int
    /// Does other work on those threads.
    ///
    /// - Parameters:
    ///   - count: how often `work` is called.
    ///   - work: is given an index below `count`, each once and in no order, and a number below `threadsAwake(afterRow:)` that says
    ///     on which thread it is. Several threads call it at once; all of it is done when this returns.
    func each(_ count: Int, _ work: (_ index: Int, _ thread: Int) -> Void)
    /// Lets a sequence hold positions that another one holds, without copying them.
    func share(_ range: Range<Int>, of source: Int, with target: Int)
    /// Lets a sequence forget positions from `start` on.
    ///
    /// - Returns: `false` when this kind of model can only forget all of them; nothing was forgotten then.
    @discardableResult
    func forget(_ sequence: Int, from start: Int) -> Bool
    /// Lets a sequence forget a range of positions. Only for models whose memory is `RuntimeShape.Memory.cells`.
    func forget(_ sequence: Int, range: Range<Int>)
    /// Moves the positions of a sequence from `start` on by `offset`. Only where `RuntimeShape.canShift`, and only for a
    /// sequence that shares these positions with nobody.
    ///
    /// Keys are turned when the next step is computed: until then `state` is not to be asked for.
    func shift(_ sequence: Int, from start: Int, by offset: Int)
    /// A copy of everything that a sequence holds.
    func state(of sequence: Int) throws -> [UInt8]
    /// Bytes of what a sequence holds.
    func stateBytes(of sequence: Int) -> Int
    /// Gives a sequence what another one, or the same one, once held; what it holds is forgotten.
    ///
    /// - Returns: `false` when there is no room, or when the state is not of this model.
    func restore(_ state: [UInt8], to sequence: Int) -> Bool
    /// Computes later steps with these adapters instead of those before; nothing happens when they are the same. What the
    /// key-value cache holds stays as it is.
    ///
    /// - Parameter adapters: ids that `AdapterCandidate.load` has brought into memory.
    /// - Throws: when one of them is not there; nothing has changed then.
    func apply(_ adapters: AdapterSet) throws
    /// Computes later steps on so many threads.
    func setThreads(_ count: Int)
    /// A second memory of one sequence over the same model, in which nothing else is computed.
    func isolated() throws -> any ModelRuntime
}

extension ModelRuntime {
    public func logitMaxima(row: Int) -> UnsafeBufferPointer<Float>? { nil }
    public func threadsAwake(afterRow row: Int) -> Int { 1 }
    public func each(_ count: Int, _ work: (_ index: Int, _ thread: Int) -> Void) {
        for index in 0..<count { work(index, 0) }
    }
}

/// How large a model's memory is and of which kind.
public struct RuntimeShape: Sendable, Equatable {
    public enum Memory: Sendable, Equatable {
        /// Each position has a cell, and ranges of positions can be shared and forgotten.
        case cells
        /// Only whole sequences can be kept: sliding windows, recurrent models.
        case checkpoints
    }

    public var memory: Memory
    /// Positions that all sequences hold together, where shared ones count once.
    public var cells: Int
    public var sequences: Int
    public var vocabulary: Int
    /// Threads that compute together at most.
    public var threads: Int
    /// Whether each token of a sequence takes a cell. Purely recurrent models have one state for all of them, and never run
    /// out of room.
    public var hasCellPerToken = true
    /// Whether attention can be observed; 0 is not at all, else the rows that one step can have then.
    public var observedRowsMax = 0
    /// Whether positions can be moved.
    public var canShift = false

    public init(memory: Memory = .cells, cells: Int, sequences: Int, vocabulary: Int, threads: Int = 1) {
        self.memory = memory
        self.cells = cells
        self.sequences = sequences
        self.vocabulary = vocabulary
        self.threads = threads
    }
}

/// A failure of a runtime that the engine knows an answer to.
public enum RuntimeFailure: Error, Sendable, Equatable {
    case noRoom
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
    /// The bytes that a token stands for; not always whole characters. Control tokens stand for nothing.
    func bytes(of token: Int32) -> [UInt8]
    /// The bytes by which a token is written in a prompt: as `bytes(of:)`, and the names of control tokens.
    func specialBytes(of token: Int32) -> [UInt8]
    /// Whether this token ends an answer.
    func isEndOfGeneration(_ token: Int32) -> Bool
    /// Ids are `0 ..< vocabularyCount`.
    var vocabularyCount: Int { get }
    /// The texts of the begin and end tokens, for chat templates.
    var beginText: String { get }
    var endText: String { get }
    /// The texts of all control tokens, such as `<|im_start|>`.
    var controlTexts: [String] { get }
    /// What gaps are marked with; `nil` when the model was not trained to fill them.
    var infill: InfillTokens? { get }
}

extension Tokenizing {
    public var infill: InfillTokens? { nil }
}

/// The tokens around a gap that a model fills. Source: `tokenizer.ggml.fim_*_token_id` of GGUF.
public struct InfillTokens: Sendable, Equatable {
    public var prefix: Int32
    public var suffix: Int32
    public var middle: Int32
    /// Before the name of a repository, and before each file of it.
    public var repository: Int32?
    public var separator: Int32?
    /// What the vocabulary puts before each prompt.
    public var begin: Int32?

    public init(
        prefix: Int32, suffix: Int32, middle: Int32, repository: Int32? = nil, separator: Int32? = nil,
        begin: Int32? = nil
    ) {
        self.prefix = prefix
        self.suffix = suffix
        self.middle = middle
        self.repository = repository
        self.separator = separator
        self.begin = begin
    }
}
