public import GGUF

/// What an ONNX file says of itself: who made it, what goes in and out, and how many numbers it has. Operators and weights
/// are skipped.
///
/// Source: onnx.proto3 (ONNX 1.19), whose field numbers stand beside the messages below.
public struct ONNXModel: Sendable, Equatable {
    public internal(set) var irVersion: UInt64 = 0
    /// The versions of the operator sets that it needs; the domain of ONNX itself is "".
    public internal(set) var operatorSets: [OperatorSet] = []
    public internal(set) var producerName = ""
    public internal(set) var producerVersion = ""
    public internal(set) var graphName = ""
    public internal(set) var nodeCount = 0
    /// Of the graph, without those that are weights.
    public internal(set) var inputs: [Value] = []
    public internal(set) var outputs: [Value] = []
    /// `metadata_props`, in the file's order.
    public internal(set) var metadata: [ModelFileSummary.Property] = []
    public internal(set) var initializers: [Initializer] = []

    public struct OperatorSet: Sendable, Equatable {
        public let domain: String
        public let version: UInt64
    }

    /// An input or output.
    public struct Value: Sendable, Equatable {
        public let name: String
        /// "FLOAT", "INT64"; `nil` for what is no tensor.
        public let type: String?
        /// `nil` when the file says nothing of it.
        public let shape: [Axis]?
    }

    /// A size that is known, one that has a name ("batch"), or one that is not told.
    public enum Axis: Sendable, Equatable, CustomStringConvertible {
        case size(UInt64)
        case named(String)
        case unknown

        public var description: String {
            switch self {
            case .size(let size): "\(size)"
            case .named(let name): name
            case .unknown: "?"
            }
        }
    }

    /// A tensor of weights.
    public struct Initializer: Sendable, Equatable {
        public let name: String
        /// Number of `TensorProto.DataType`.
        public let typeNumber: UInt64
        public let shape: [UInt64]
        public let elementCount: UInt64
        /// The file beside this one that has the numbers; `nil` when they are in this one.
        public let externalFile: String?

        /// "FLOAT16", or "TYPE 99" for one that is newer than this list.
        public var type: String { ONNXModel.typeName(typeNumber) }
        public var byteCount: UInt64 {
            let (bits, overflow) = elementCount.multipliedReportingOverflow(by: ONNXModel.bitCount(typeNumber))
            return overflow ? elementCount : bits / 8
        }
    }

    /// Reads what the file says of itself.
    ///
    /// - Throws: `ModelFormatError` with the message's name and the offset.
    public static func read(from source: some ByteSource, named file: String) throws(ModelFormatError) -> ONNXModel {
        var cursor = ProtobufCursor(source, file: file)
        var reader = ONNXReader()
        try reader.model(&cursor)
        guard reader.hasGraph else {
            throw ModelFormatError(
                .malformed, in: file, "ModelProto.graph", at: 0, found: "none", allowed: "a model with a graph")
        }
        return reader.finished()
    }

    /// `TensorProto.DataType`: names and bits.
    private static let types: [UInt64: (name: String, bits: UInt64)] = [
        1: ("FLOAT", 32), 2: ("UINT8", 8), 3: ("INT8", 8), 4: ("UINT16", 16), 5: ("INT16", 16), 6: ("INT32", 32),
        7: ("INT64", 64), 8: ("STRING", 0), 9: ("BOOL", 8), 10: ("FLOAT16", 16), 11: ("DOUBLE", 64), 12: ("UINT32", 32),
        13: ("UINT64", 64), 14: ("COMPLEX64", 64), 15: ("COMPLEX128", 128), 16: ("BFLOAT16", 16),
        17: ("FLOAT8E4M3FN", 8), 18: ("FLOAT8E4M3FNUZ", 8), 19: ("FLOAT8E5M2", 8), 20: ("FLOAT8E5M2FNUZ", 8),
        21: ("UINT4", 4), 22: ("INT4", 4), 23: ("FLOAT4E2M1", 4), 24: ("FLOAT8E8M0", 8),
    ]

    static func typeName(_ number: UInt64) -> String { types[number]?.name ?? "TYPE \(number)" }
    static func bitCount(_ number: UInt64) -> UInt64 { types[number]?.bits ?? 0 }
}
