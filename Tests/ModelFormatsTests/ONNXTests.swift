import GGUF
import TestRandomness
import Testing

@testable import ModelFormats

@Suite struct ONNXTests {
    // MARK: A writer of the wire format

    private func varint(_ value: UInt64) -> [UInt8] {
        value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7F) | 0x80] + varint(value >> 7)
    }

    private func number(_ field: UInt64, _ value: UInt64) -> [UInt8] { varint(field << 3) + varint(value) }
    private func message(_ field: UInt64, _ bytes: [UInt8]) -> [UInt8] {
        varint(field << 3 | 2) + varint(UInt64(bytes.count)) + bytes
    }
    private func text(_ field: UInt64, _ text: String) -> [UInt8] { message(field, Array(text.utf8)) }

    private func value(_ name: String, _ type: UInt64, _ axes: [[UInt8]]) -> [UInt8] {
        let shape = axes.flatMap { message(1, $0) }
        return text(1, name) + message(2, message(1, number(1, type) + message(2, shape)))
    }

    private func weight(_ name: String, _ type: UInt64, _ shape: [UInt64], _ more: [UInt8] = []) -> [UInt8] {
        message(1, shape.flatMap(varint)) + number(2, type) + text(8, name) + more
    }

    private var small: [UInt8] {
        let external = message(13, text(1, "location") + text(2, "weights.bin")) + number(14, 1)
        let graph =
            message(1, text(4, "MatMul")) + message(1, text(4, "Add")) + text(2, "main")
            + message(5, weight("w", 1, [3, 4], message(9, Array(repeating: 7, count: 48))))
            + message(5, weight("h", 10, [1000], external))
            + message(11, value("x", 1, [text(2, "batch"), number(1, 3), []]))
            + message(11, value("w", 1, [number(1, 3), number(1, 4)]))
            + message(12, value("y", 7, [number(1, 5)]))
        return number(1, 8) + text(2, "pytorch") + text(3, "2.3") + message(7, graph)
            + message(8, text(1, "") + number(2, 17)) + message(8, text(1, "com.microsoft") + number(2, 1))
            + message(14, text(1, "license") + text(2, "mit"))
    }

    private func read(_ bytes: [UInt8]) throws -> ONNXModel {
        try ONNXModel.read(from: BytesInMemory(bytes), named: "a.onnx")
    }

    // MARK: What is read

    @Test func `a model tells its producer, its operators, its inputs and its weights`() throws {
        let model = try read(small)
        #expect(model.irVersion == 8 && model.producerName == "pytorch" && model.producerVersion == "2.3")
        #expect(model.operatorSets.map(\.version) == [17, 1] && model.operatorSets[1].domain == "com.microsoft")
        #expect(model.graphName == "main" && model.nodeCount == 2)
        #expect(model.inputs == [.init(name: "x", type: "FLOAT", shape: [.named("batch"), .size(3), .unknown])])
        #expect(model.outputs == [.init(name: "y", type: "INT64", shape: [.size(5)])])
        #expect(model.initializers.map(\.elementCount) == [12, 1000])
        #expect(model.initializers.map(\.externalFile) == [nil, "weights.bin"])
        #expect(model.initializers.map(\.byteCount) == [48, 2000])
    }

    @Test func `a summary adds the weights up`() throws {
        let item = ModelItem.file(name: "a.bin", BytesInMemory(small))
        #expect(try ModelFormats.format(of: item)?.format == .onnx)
        let summary = try ONNXFormat().summary(of: item)
        #expect(summary.parameterCount == 1012 && summary.quantization == "FLOAT16" && summary.license == "mit")
        #expect(summary.properties.contains(.init("input", "x: FLOAT[batch, 3, ?]")))
        #expect(summary.properties.contains(.init("external_data", "weights.bin")))
        #expect(summary.properties.contains(.init("opset", "ai.onnx 17")))
    }

    // MARK: What is refused

    @Test func `every cut is read or refused, and a cut graph never counts`() {
        let whole = small
        for count in whole.indices {
            do {
                #expect(try read(Array(whole[..<count])).nodeCount == 2)
            } catch {
                #expect(error is ModelFormatError)
            }
        }
        #expect(refusal { _ = try read([]) }?.field == "ModelProto.graph")
    }

    @Test func `any change of bytes is read or refused`() {
        let whole = small
        var random = SeededRandom(seed: 9)
        for _ in 0..<5000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            do { _ = try read(bytes) } catch { #expect(error is ModelFormatError) }
        }
    }

    @Test func `impossible numbers are refused with their field`() {
        func field(_ bytes: [UInt8]) -> String? { refusal { _ = try read(bytes) }?.field }
        #expect(field(number(1, 8) + [0x3A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F]) == "ModelProto")  // A graph of 4 GB.
        #expect(field([0x08] + Array(repeating: 0xFF, count: 10) + [0x01]) == "ModelProto")  // More than 64 bits.
        #expect(field([0x0B]) == "ModelProto")  // A group.
        #expect(field([0x00, 0x00]) == "ModelProto")  // Field 0.
        #expect(field(text(1, "no number")) == "ModelProto.ir_version")
        #expect(field(message(2, [0xFF])) == "ModelProto.producer_name")
        let huge = message(7, message(5, weight("w", 1, [1 << 40, 1 << 40])))
        #expect(field(huge) == "w")
        let axes = message(7, message(5, weight("w", 1, Array(repeating: 1, count: 65))))
        #expect(field(axes) == "GraphProto.initializer.dims")
        let longName = message(7, text(2, String(repeating: "a", count: 5000)))
        #expect(field(longName) == "GraphProto.name")
    }

    @Test func `a file of many tiny fields ends at a bound`() {
        let bytes = Array(repeating: [UInt8](arrayLiteral: 0x10, 0x00), count: 5000).flatMap { $0 }
        var cursor = ProtobufCursor(BytesInMemory(bytes), file: "a", fieldCountMax: 4000)
        let error = refusal { try cursor.fields(of: "ModelProto", in: cursor.wholeFile) { _, _ in } }
        #expect(error?.kind == .tooLarge)
    }
}
