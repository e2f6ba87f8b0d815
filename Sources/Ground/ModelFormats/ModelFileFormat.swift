/// A format that model files come in.
public enum ModelFileFormat: String, Sendable, Hashable, CaseIterable {
    case gguf
    case safetensors
    case onnx
}
