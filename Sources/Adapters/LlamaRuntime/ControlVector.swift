import CLlama
import CLlamaShim
import GGUF

/// Directions that are added to what the layers of a model put out, to steer what it writes.
///
/// Source: `llama_set_adapter_cvec` of llama.h, and `common_control_vector_load` for the files. Differs from it in: a file is
/// refused whose layers the model does not have, or whose numbers are none.
public struct ControlVector: Sendable, Equatable {
    /// Numbers of one layer's direction: the model's embedding length.
    public let length: Int
    /// Layers of the model. The first one, number 0, never has a direction.
    public let layerCount: Int
    /// Directions of the layers 1 ..< `layerCount`, one after the other; zeros where no file has one.
    public private(set) var numbers: [Float]
    /// The layers that directions are added in; both ends belong to it.
    public var layers: ClosedRange<Int>

    /// - Parameter model: what it is to steer.
    public init(for model: LlamaModel) {
        self.init(length: model.embeddingLength, layerCount: model.layerCount)
    }

    init(length: Int, layerCount: Int) {
        self.length = length
        self.layerCount = layerCount
        numbers = [Float](repeating: 0, count: length * max(0, layerCount - 1))
        layers = 1...max(1, layerCount)
    }

    /// Adds the directions of a file to those that are there.
    ///
    /// - Parameters:
    ///   - path: a GGUF file with tensors `direction.1`, `direction.2` and so on.
    ///   - scale: what its numbers are multiplied with.
    /// - Throws: `controlVector`, with what is damaged or does not fit; nothing was added then.
    public mutating func add(path: String, scale: Float) throws(LlamaError) {
        do {
            let source = try FileBytes(path: path)
            try add(try GGUFFile.read(from: source), source, scale: scale)
        } catch let error as LlamaError {
            throw error
        } catch {
            throw LlamaError(code: .controlVector, message: "\(error)")
        }
    }

    private mutating func add(_ file: GGUFFile, _ source: FileBytes, scale: Float) throws {
        var sum = numbers
        guard !file.tensors.isEmpty else { throw Self.refusal("it has no directions") }
        for tensor in file.tensors {
            let start = (try layer(of: tensor) - 1) * length
            let bytes = try source.read(offset: tensor.byteRange.lowerBound, count: length * 4)
            guard bytes.count == length * 4 else { throw Self.refusal("\(tensor.name) is cut off") }
            for index in 0..<length {
                sum[start + index] += Float(bitPattern: Self.word(bytes, at: index * 4)) * scale
                guard sum[start + index].isFinite else {
                    throw Self.refusal("number \(index) of \(tensor.name) is not finite")
                }
            }
        }
        numbers = sum
    }

    /// The layer of a tensor that is as it must be.
    private func layer(of tensor: GGUFTensor) throws(LlamaError) -> Int {
        let digits = tensor.name.hasPrefix(Self.prefix) ? tensor.name.dropFirst(Self.prefix.count) : ""
        guard let layer = Int(digits), String(layer) == digits else {
            throw Self.refusal("its tensor \(tensor.name.prefix(64)) is no direction of a layer")
        }
        guard (1..<max(1, layerCount)).contains(layer) else {
            throw Self.refusal(
                "\(tensor.name) is for layer \(layer), and the model takes directions in 1 to \(layerCount - 1)")
        }
        guard tensor.type == .f32, tensor.dimensions == [UInt64(length)] else {
            let shape = tensor.dimensions.map(String.init).joined(separator: " x ")
            throw Self.refusal(
                "\(tensor.name) has \(shape) numbers of type \(tensor.type.label), and the model takes \(length) of F32"
            )
        }
        return layer
    }

    private static let prefix = "direction."

    private static func word(_ bytes: [UInt8], at offset: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
    }

    private static func refusal(_ reason: String) -> LlamaError {
        LlamaError(code: .controlVector, message: "The control vector does not fit: \(reason).")
    }

    /// Lets a context compute with it.
    func apply(to context: OpaquePointer) throws(LlamaError) {
        let error = ErrorText()
        let status = unsafe nexus_llama_set_control_vector(
            context, numbers, numbers.count, Int32(length), Int32(clamping: layers.lowerBound),
            Int32(clamping: layers.upperBound), error.pointer, ErrorText.size)
        guard status == 0 else {
            throw LlamaError(
                code: .controlVector,
                message: error.text(or: "llama.cpp refused the control vector (\(status))"))
        }
    }
}

extension LlamaModel {
    /// Numbers that stand for a token between two layers.
    public var embeddingLength: Int { Int(unsafe llama_model_n_embd(handle)) }
}
