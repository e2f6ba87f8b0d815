import CLlama
import CLlamaShim
public import GGUF

/// A LoRA adapter in memory, beside the model that it changes.
///
/// `Sendable`: llama.cpp never changes it after loading. Loading and freeing, though, change the model's list of adapters,
/// from which contexts plan their memory: make it, and let its last reference go, on the thread of the model's contexts or
/// where there are none. Contexts keep pointers to what `apply` gave them last: apply something else before it goes.
@safe
public final class LlamaAdapter: Sendable {
    // Unsafe only to the compiler: the pointer is a constant, and what it points to never changes until `deinit`.
    nonisolated(unsafe) fileprivate let handle: OpaquePointer
    private let model: LlamaModel
    /// What its file says.
    public let file: AdapterFile

    /// Checks a file and loads it.
    ///
    /// - Parameters:
    ///   - path: a GGUF file.
    ///   - model: what it changes.
    ///   - modelFile: the header of the model's file.
    /// - Throws: `adapter` when the file is damaged, does not fit the model, or cannot be loaded.
    public init(path: String, model: LlamaModel, modelFile: GGUFFile) throws(LlamaError) {
        file = try AdapterFile(path: path, for: modelFile)
        let error = ErrorText()
        guard let loaded = unsafe nexus_llama_load_adapter(model.handle, path, error.pointer, ErrorText.size) else {
            throw LlamaError(code: .adapter, message: error.text(or: "llama.cpp could not load the adapter \(path)"))
        }
        unsafe handle = loaded
        self.model = model
    }

    deinit { unsafe nexus_llama_free_adapter(handle) }
}

extension LlamaContext {
    /// Applies adapters to everything that is computed from now on, instead of those that were applied before. What the
    /// key-value cache holds stays as it was computed. llama.cpp plans its graphs anew before the next step.
    ///
    /// - Parameter adapters: of this context's model, each with what its changes are multiplied with; 0 leaves it out.
    /// - Throws: `adapter`.
    public func apply(_ adapters: [(adapter: LlamaAdapter, scale: Float)]) throws(LlamaError) {
        try unsafe LlamaAdapter.apply(adapters, to: handle)
    }
}

extension LlamaEmbeddings {
    /// Applies adapters to everything that is computed from now on, instead of those that were applied before.
    ///
    /// - Parameter adapters: of this context's model, each with what its changes are multiplied with; 0 leaves it out.
    /// - Throws: `adapter`.
    public func apply(_ adapters: [(adapter: LlamaAdapter, scale: Float)]) throws(LlamaError) {
        try unsafe LlamaAdapter.apply(adapters, to: handle)
    }
}

extension LlamaAdapter {
    fileprivate static func apply(
        _ adapters: [(adapter: LlamaAdapter, scale: Float)], to context: OpaquePointer
    ) throws(LlamaError) {
        let applied = adapters.filter { $0.scale != 0 }
        var handles: [OpaquePointer?] = unsafe applied.map { unsafe $0.adapter.handle }
        var scales = applied.map(\.scale)
        let error = ErrorText()
        let status = unsafe nexus_llama_set_adapters(
            context, &handles, handles.count, &scales, error.pointer, ErrorText.size)
        guard status == 0 else {
            throw LlamaError(code: .adapter, message: error.text(or: "llama.cpp refused the adapters (\(status))"))
        }
    }
}
