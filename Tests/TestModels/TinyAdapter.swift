import Foundation
public import GGUF
import TestRandomness

/// A LoRA adapter of random numbers for some matrices of a model, and the model with the same change in its weights.
public struct TinyAdapter: Sendable {
    /// The model's tensors that it changes: matrices.
    public var tensors: [String]
    public var rank = 4
    /// Written into the file; divided by the rank it is the strength at scale 1.
    public var alpha: Float = 8
    /// The largest number of each of the two matrices of a pair.
    public var spread: Float = 0.3
    public var seed: UInt64
    /// More or other values of the file's description.
    public var description: [String: GGUFValue] = [:]

    public init(_ tensors: [String], seed: UInt64) {
        self.tensors = tensors
        self.seed = seed
    }

    /// The adapter's file.
    ///
    /// - Parameter model: what it is for.
    /// - Returns: its bytes.
    /// - Throws: when the model has no such tensor.
    public func file(for model: GGUFFile) throws -> [UInt8] {
        var writer = try GGUFWriter()
        var values: [String: GGUFValue] = [
            "general.type": .string("adapter"), "adapter.type": .string("lora"), "adapter.lora.alpha": .float32(alpha),
            "general.architecture": .string(model.metadata.architecture ?? ""),
        ]
        values.merge(description) { _, other in other }
        for (key, value) in values.sorted(by: { $0.key < $1.key }) { try writer.set(key, value) }
        for pair in try pairs(model) {
            try writer.add(
                tensor: pair.name + ".lora_a", .f32, [pair.inputs, rank].map(UInt64.init), bytes: pair.a.bytes)
            try writer.add(
                tensor: pair.name + ".lora_b", .f32, [rank, pair.outputs].map(UInt64.init), bytes: pair.b.bytes)
        }
        return try writer.bytes()
    }

    fileprivate struct Pair {
        let name: String
        let inputs: Int
        let outputs: Int
        /// `rank` rows of `inputs` numbers.
        let a: [Float]
        /// `outputs` rows of `rank` numbers.
        let b: [Float]
    }

    private struct NoMatrix: Error { let name: String }

    private func pairs(_ model: GGUFFile) throws -> [Pair] {
        var random = SeededRandom(seed: seed)
        return try tensors.map { name in
            guard let tensor = model.tensors.first(where: { $0.name == name }), tensor.dimensions.count == 2 else {
                throw NoMatrix(name: name)
            }
            let (inputs, outputs) = (Int(tensor.dimensions[0]), Int(tensor.dimensions[1]))
            func numbers(_ count: Int) -> [Float] {
                (0..<count).map { _ in Float.random(in: -spread...spread, using: &random) }
            }
            return Pair(
                name: name, inputs: inputs, outputs: outputs, a: numbers(inputs * rank), b: numbers(outputs * rank))
        }
    }

    /// A copy of a model in which the matrices of some tensors are 32-bit numbers, with adapters added to them.
    ///
    /// - Parameters:
    ///   - original: the model file's bytes.
    ///   - model: its header.
    ///   - widened: tensors of 16-bit floats to write as 32-bit floats.
    ///   - adapters: what to add, and how much of it; only to tensors that are widened.
    /// - Returns: the file's bytes.
    /// - Throws: when a tensor that is changed is none of 16-bit floats.
    public static func merged(
        _ original: [UInt8], _ model: GGUFFile, widened: [String], adapters: [(adapter: TinyAdapter, scale: Float)] = []
    ) throws -> [UInt8] {
        var writer = try GGUFWriter()
        for key in model.metadata.keys {
            if let value = model.metadata[key] { try writer.set(key, value) }
        }
        let changes = try adapters.map { (pairs: try $0.adapter.pairs(model), adapter: $0.adapter, scale: $0.scale) }
        for tensor in model.tensors {
            let bytes = Array(original[Int(tensor.byteRange.lowerBound)..<Int(tensor.byteRange.upperBound)])
            guard widened.contains(tensor.name) else {
                try writer.add(tensor: tensor.name, tensor.type, tensor.dimensions, bytes: bytes)
                continue
            }
            guard tensor.type == .f16 else { throw NoMatrix(name: tensor.name) }
            var numbers = stride(from: 0, to: bytes.count, by: 2).map { place in
                Float(Float16(bitPattern: UInt16(bytes[place]) | UInt16(bytes[place + 1]) << 8))
            }
            for change in changes {
                for pair in change.pairs where pair.name == tensor.name {
                    pair.add(to: &numbers, factor: change.scale * change.adapter.alpha / Float(change.adapter.rank))
                }
            }
            try writer.add(tensor: tensor.name, .f32, tensor.dimensions, bytes: numbers.bytes)
        }
        return try writer.bytes()
    }
}

extension TinyAdapter.Pair {
    fileprivate func add(to numbers: inout [Float], factor: Float) {
        let rank = b.count / outputs
        for output in 0..<outputs {
            for input in 0..<inputs {
                var sum: Float = 0
                for place in 0..<rank { sum += b[output * rank + place] * a[place * inputs + input] }
                numbers[output * inputs + input] += factor * sum
            }
        }
    }
}

extension [Float] {
    /// Little-endian.
    public var bytes: [UInt8] {
        flatMap { number in Swift.withUnsafeBytes(of: number.bitPattern.littleEndian) { Array<UInt8>($0) } }
    }
}
