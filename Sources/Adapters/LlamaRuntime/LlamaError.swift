/// Why llama.cpp refused something.
public struct LlamaError: Error, Sendable, Equatable {
    public enum Code: String, Sendable {
        /// The file could not be loaded.
        case load
        /// No context of that size could be made.
        case context
        /// The text has characters outside the model's vocabulary, or is longer than 2^31 bytes.
        case tokenize
        /// A step of the model failed. What the batch had computed is gone.
        case decode
        /// There is no room in the key-value cache for this batch.
        case cacheFull
        /// A row of the batch has no logits.
        case logits
        /// A sequence cannot be turned into a vector, or has none.
        case embedding
        /// The state of a sequence could not be copied.
        case state
        /// An adapter does not fit the model, or cannot be loaded.
        case adapter
        /// A control vector does not fit the model.
        case controlVector
        /// A model could not be quantised.
        case quantize
        /// A projector does not fit the model, or cannot be loaded.
        case projector
        /// An image or a recording cannot be read.
        case media
        /// A worker on another machine cannot be used.
        case rpc
        /// A worker on another machine went while it was used. The context is worth nothing any more.
        case workerLost
    }

    public let code: Code
    /// What happened, for logs and operators.
    public let message: String
}

/// Room for the texts of exceptions that the shim catches.
@safe
struct ErrorText: ~Copyable {
    private let buffer: UnsafeMutablePointer<CChar>
    static let size = 512

    init() {
        unsafe buffer = .allocate(capacity: Self.size)
        unsafe buffer.initialize(repeating: 0, count: Self.size)
    }
    deinit { unsafe buffer.deallocate() }

    var pointer: UnsafeMutablePointer<CChar> { unsafe buffer }
    /// The text that was written, or `fallback`.
    func text(or fallback: String) -> String {
        let text = unsafe String(cString: buffer)
        return text.isEmpty ? fallback : text
    }
}
