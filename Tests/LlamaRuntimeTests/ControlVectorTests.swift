import Foundation
import GGUF
import TestModels
import TestRandomness
import Testing

@testable import LlamaRuntime

private let tinyChat = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Models/tiny-chat.gguf").path

@Suite(.serialized, .timeLimit(.minutes(2))) struct ControlVectorTests {
    private let model: LlamaModel

    init() throws { model = try LlamaModel(path: tinyChat) }

    private func direction(_ seed: UInt64) -> [Float] {
        var random = SeededRandom(seed: seed)
        return (0..<model.embeddingLength).map { _ in Float.random(in: -0.2...0.2, using: &random) }
    }

    private func file(_ tensors: [(name: String, type: TensorType, numbers: [Float])]) throws -> [UInt8] {
        var writer = try GGUFWriter()
        try writer.set("general.architecture", .string("controlvector"))
        for tensor in tensors {
            let count = UInt64(tensor.type == .f16 ? tensor.numbers.count * 2 : tensor.numbers.count)
            try writer.add(tensor: tensor.name, tensor.type, [count], bytes: tensor.numbers.bytes)
        }
        return try writer.bytes()
    }

    private func add(_ bytes: [UInt8], scale: Float = 1, to vector: inout ControlVector) throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "control-\(UUID().uuidString).gguf").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(bytes).write(to: URL(filePath: path))
        try vector.add(path: path, scale: scale)
    }

    private func vector(
        _ directions: [(layer: Int, seed: UInt64)], scale: Float = 1
    ) throws -> ControlVector {
        var vector = ControlVector(for: model)
        try add(
            try file(directions.map { ("direction.\($0.layer)", .f32, direction($0.seed)) }), scale: scale, to: &vector)
        return vector
    }

    private func logits(_ vector: ControlVector?) throws -> [Float] {
        var options = LlamaContext.Options(cells: 256, sequencesMax: 1, batchTokensMax: 64, threads: 1)
        options.controlVector = vector
        let context = try LlamaContext(model: model, options: options)
        let tokens = try model.tokenize("What is 3 + 4?", addsSpecial: true, parsesSpecial: true)
        context.clearBatch()
        var row: Int32 = 0
        for (index, token) in tokens.enumerated() {
            row = context.append(
                token: token, position: Int32(index), sequence: 0, wantsLogits: index == tokens.count - 1)
        }
        try context.decode()
        return try context.withLogits(row: row) { Array($0) }
    }

    @Test func `files add up, with their scales`() throws {
        var vector = try vector([(1, 1), (3, 2)], scale: 0.5)
        try add(try file([("direction.3", .f32, direction(3))]), scale: -2, to: &vector)
        let length = model.embeddingLength
        let (first, second, third) = (direction(1), direction(2), direction(3))
        for index in 0..<length {
            #expect(vector.numbers[index] == first[index] * 0.5)
            #expect(vector.numbers[length + index] == 0)
            #expect(vector.numbers[2 * length + index] == second[index] * 0.5 + third[index] * -2)
        }
        #expect(vector.numbers.count == length * (model.layerCount - 1))
    }

    @Test func `it moves what the model says, within its layers only`() throws {
        let plain = try logits(nil)
        var vector = try vector([(2, 7), (3, 8)])
        let all = try logits(vector)
        #expect(all != plain)
        vector.layers = 2...2
        let second = try logits(vector)
        #expect(second != plain && second != all)
        #expect(second == (try logits(try self.vector([(2, 7)]))))
        vector.layers = 4...4
        #expect(try logits(vector) == plain)
        #expect(try logits(try self.vector([(2, 7)], scale: 0)) == plain)
    }

    @Test(arguments: [
        ("direction.0", TensorType.f32, 0, "layer 0"), ("direction.5", .f32, 0, "layer 5"),
        ("direction.99999999999999999999", .f32, 0, "no direction"), ("direction.-1", .f32, 0, "layer -1"),
        ("direction.", .f32, 0, "no direction"), ("direction.01", .f32, 0, "no direction"),
        ("blk.1.attn_q.weight", .f32, 0, "no direction"), ("direction.1", .f32, 1, "161 numbers"),
        ("direction.1", .f32, -1, "159 numbers"), ("direction.1", .f16, 0, "F16"),
    ])
    private func `what does not fit is refused with the reason`(
        name: String, type: TensorType, extra: Int, part: String
    ) throws {
        let numbers = [Float](repeating: 1, count: model.embeddingLength + extra)
        try expectRefusal(try file([(name, type, numbers)]), part)
    }

    @Test func `numbers that are none are refused`() throws {
        for bad in [Float.nan, .infinity] {
            var numbers = direction(1)
            numbers[17] = bad
            try expectRefusal(try file([("direction.1", .f32, numbers)]), "number 17")
        }
        // So is a sum that is none.
        let huge = [Float](repeating: .greatestFiniteMagnitude, count: model.embeddingLength)
        var vector = ControlVector(for: model)
        try add(try file([("direction.1", .f32, huge)]), to: &vector)
        let before = vector
        #expect(throws: LlamaError.self) { try add(try file([("direction.1", .f32, huge)]), to: &vector) }
        #expect(vector == before)
    }

    @Test func `files that are cut, empty or something else are refused`() throws {
        let whole = try file([("direction.1", .f32, direction(1))])
        for cut in [0, 3, 24, whole.count / 2, whole.count - 1] { try expectRefusal(Array(whole.prefix(cut)), " ") }
        try expectRefusal(try file([]), "no directions")
        try expectRefusal(Array(try Data(contentsOf: URL(filePath: tinyChat))), "no direction")
        var vector = ControlVector(for: model)
        let error = #expect(throws: LlamaError.self) { try vector.add(path: "/nonexistent.gguf", scale: 1) }
        #expect(error?.code == .controlVector)
    }

    private func expectRefusal(_ bytes: [UInt8], _ part: String) throws {
        var vector = ControlVector(for: model)
        let before = vector
        let error = #expect(throws: LlamaError.self) { try add(bytes, to: &vector) }
        #expect(error?.code == .controlVector && error?.message.contains(part) == true, "\(error?.message ?? "")")
        #expect(vector == before, "nothing of it was added")
    }
}
