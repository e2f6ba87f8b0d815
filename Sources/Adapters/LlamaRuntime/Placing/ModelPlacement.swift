import CLlama
import CLlamaShim

/// Which device holds what of a model.
public struct ModelPlacement: Sendable, Equatable {
    /// How a model is spread over several devices, by llama.cpp's names.
    public enum Split: String, Sendable, CaseIterable {
        /// One device holds all of it.
        case none
        /// Each holds layers.
        case layer
        /// Each holds rows of each matrix.
        case row
        /// Each holds rows of each matrix, and of the cache.
        case tensor

        var value: llama_split_mode {
            switch self {
            case .none: LLAMA_SPLIT_MODE_NONE
            case .layer: LLAMA_SPLIT_MODE_LAYER
            case .row: LLAMA_SPLIT_MODE_ROW
            case .tensor: LLAMA_SPLIT_MODE_TENSOR
            }
        }
    }

    /// Tensors that go elsewhere than the rest of their layer.
    public struct BufferOverride: Sendable, Equatable {
        /// An ECMAScript expression that is searched in the tensor's name.
        public var pattern: String
        /// The name of a device, such as `CPU`, or of its type of buffer.
        public var buffer: String

        public init(pattern: String, buffer: String) {
            self.pattern = pattern
            self.buffer = buffer
        }
    }

    public var split = Split.layer
    /// Which device, with `none` the only one, with `row` the one for the rest.
    public var mainGPU = 0
    /// Proportions of the devices; empty is by their memory.
    public var proportions: [Float] = []
    /// Names of the devices to use beside the CPU; `nil` is all, none at all is the CPU alone.
    public var devices: [String]?
    public var buffers: [BufferOverride] = []

    public init() {}

    /// Overrides that llama.cpp takes (`llama_max_tensor_buft_overrides`), with the one that ends the list.
    public static let buffersMax = 4_095

    /// Experts of a mixture. Source: `LLM_FFN_EXPS_REGEX` of llama.cpp.
    public static let expertsPattern = "\\.ffn_(up|down|gate|gate_up)_(ch|)exps"
    /// The layers between attention of a dense model. Source: `LLM_FFN_DENSE_REGEX` of llama.cpp.
    public static let densePattern = "\\.ffn_(up|down|gate)\\."

    /// Loads a model with this placement.
    func load(
        _ path: String, _ parameters: llama_model_params, metadata: [MetadataOverride], _ error: borrowing ErrorText
    ) -> OpaquePointer? {
        let devices = devices?.joined(separator: "\n")
        let buffers = buffers.isEmpty ? nil : self.buffers.map { "\($0.pattern)\t\($0.buffer)" }.joined(separator: "\n")
        let metadata = metadata.isEmpty ? nil : metadata.map(\.line).joined(separator: "\n")
        return unsafe Self.withText(devices) { devices in
            unsafe Self.withText(buffers) { buffers in
                unsafe Self.withText(metadata) { metadata in
                    unsafe proportions.withUnsafeBufferPointer { proportions in
                        var placing = unsafe nexus_llama_placing(
                            devices: devices, tensor_buffers: buffers, metadata: metadata,
                            tensor_split: proportions.isEmpty ? nil : proportions.baseAddress,
                            tensor_split_count: proportions.count)
                        return unsafe nexus_llama_load_placed(
                            path, parameters, &placing, error.pointer, ErrorText.size)
                    }
                }
            }
        }
    }

    private static func withText<Result>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
        guard let text else { return body(nil) }
        return unsafe text.withCString { unsafe body($0) }
    }
}

/// An entry of a model file's metadata that is replaced. llama.cpp takes it only where the type fits.
public struct MetadataOverride: Sendable, Equatable {
    public enum Value: Sendable, Equatable {
        case integer(Int64)
        case number(Double)
        case bool(Bool)
        /// At most 127 bytes, without line breaks.
        case text(String)
    }

    /// At most 127 bytes, without white space.
    public var key: String
    public var value: Value

    public init(key: String, value: Value) {
        self.key = key
        self.value = value
    }

    /// Bytes of a key and of a text: the bound of `llama_model_kv_override`.
    public static let bytesMax = 127

    var line: String {
        switch value {
        case .integer(let number): "\(key)\tint\t\(number)"
        case .number(let number): "\(key)\tfloat\t\(number)"
        case .bool(let bool): "\(key)\tbool\t\(bool)"
        case .text(let text): "\(key)\tstr\t\(text)"
        }
    }
}

/// Whether rows of large tensors are read when they are asked for, by llama-server's names.
public enum LazyMode: String, Sendable, CaseIterable {
    case on, off
    /// Only those of more than 4 GiB.
    case auto

    var value: llama_lazy_mode {
        switch self {
        case .on: LLAMA_LAZY_MODE_ON
        case .off: LLAMA_LAZY_MODE_OFF
        case .auto: LLAMA_LAZY_MODE_AUTO
        }
    }
}
