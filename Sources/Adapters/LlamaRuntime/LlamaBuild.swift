import CLlama

/// Which llama.cpp this is.
public enum LlamaBuild {
    /// Versions of llama.cpp and of ggml, with ggml's commit.
    public static var version: String {
        unsafe "llama.cpp \(text(llama_version())) ggml \(text(ggml_version())) (\(text(ggml_commit())))"
    }

    /// The same apart: of llama.cpp, of ggml, and ggml's commit.
    public static var parts: (llama: String, ggml: String, commit: String) {
        unsafe (text(llama_version()), text(ggml_version()), text(ggml_commit()))
    }

    /// What the kernels were built for and what this machine can do, as llama.cpp words it.
    public static var system: String {
        let system = unsafe text(llama_print_system_info())
        return system.hasSuffix(" | ") ? String(system.dropLast(3)) : system
    }

    private static func text(_ pointer: UnsafePointer<CChar>?) -> String {
        unsafe pointer.map { unsafe String(cString: $0) } ?? "unknown"
    }
}
