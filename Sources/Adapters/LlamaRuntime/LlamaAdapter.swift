import CLlama
import CLlamaShim
public import GGUF

/// A LoRA adapter in memory, beside the model that it changes.
///
/// `Sendable`: llama.cpp never changes it after loading. It lives as long as its model, because contexts keep pointers to
/// adapters; llama.cpp frees it together with the model ("loaded adapters that are not manually freed will be freed when
/// the associated model is deleted", llama.h).
@safe
public final class LlamaAdapter: Sendable {
    nonisolated(unsafe) fileprivate let handle: OpaquePointer
    private let model: LlamaModel
    /// What its file says.
    public let file: AdapterFile

    /// Checks a file and loads it. Do it before a context of the model is made: loading changes the model's list of
    /// adapters, and contexts plan for all of them.
    ///
    /// - Parameters:
    ///   - path: a GGUF file.
    ///   - model: what it changes.
    ///   - modelFile: the header of the model's file.
    /// - Throws: `adapter` when the file is damaged, does not fit the model, or cannot be loaded.
    public init(path: String, model: LlamaModel, modelFile: GGUFFile) throws(LlamaError) {
        let header: GGUFFile
        do {
            header = try GGUFFile.read(from: try FileBytes(path: path))
        } catch {
            throw LlamaError(code: .adapter, message: "\(error)")
        }
        file = try AdapterFile(header, for: modelFile)
        let error = ErrorText()
        guard let loaded = unsafe nexus_llama_load_adapter(model.handle, path, error.pointer, ErrorText.size) else {
            throw LlamaError(code: .adapter, message: error.text(or: "llama.cpp could not load the adapter \(path)"))
        }
        unsafe handle = loaded
        self.model = model
    }
}

extension LlamaContext {
    /// Applies adapters to everything that is computed from now on, instead of those that were applied before. What the
    /// key-value cache holds was computed without them: empty it first.
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
