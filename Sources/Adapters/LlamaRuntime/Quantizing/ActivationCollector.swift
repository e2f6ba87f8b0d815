import CLlama
import CLlamaShim

/// Adds up the squares of what a model's weights are multiplied with. Not `Sendable`: confined to its context's thread.
@safe
public final class ActivationCollector {
    private let handle: OpaquePointer

    /// - Parameter takesOutput: whether the output weights are watched, too.
    /// - Throws: `context` without memory.
    public init(takesOutput: Bool = false) throws(LlamaError) {
        guard let made = unsafe nexus_llama_collector_new(takesOutput) else {
            throw LlamaError(code: .context, message: "there is no memory to collect in")
        }
        unsafe handle = made
    }

    deinit { unsafe nexus_llama_collector_free(handle) }

    /// Lets a context that is made with these parameters be watched, as long as this lives.
    func attach(to parameters: inout llama_context_params) {
        unsafe nexus_llama_collector_attach(handle, &parameters)
    }

    /// What was seen so far, by the weights' names.
    ///
    /// - Throws: `decode` when something could not be understood, or is no number.
    public func entries() throws(LlamaError) -> [String: ImportanceMatrix.Entry] {
        if let problem = unsafe nexus_llama_collector_problem(handle) {
            throw LlamaError(code: .decode, message: unsafe String(cString: problem))
        }
        var entries: [String: ImportanceMatrix.Entry] = [:]
        let count = unsafe nexus_llama_collector_count(handle)
        for index in 0..<count {
            var (columns, matrices) = (0, 0)
            guard let name = unsafe nexus_llama_collector_entry(handle, index, &columns, &matrices) else { break }
            var sums = [Double](repeating: 0, count: columns * matrices)
            var counts = [Int64](repeating: 0, count: matrices)
            unsafe nexus_llama_collector_read(handle, index, &sums, &counts)
            entries[unsafe String(cString: name)] = ImportanceMatrix.Entry(
                columns: columns, sums: sums.map(Float.init), counts: counts.map(Float.init))
        }
        return entries
    }
}
