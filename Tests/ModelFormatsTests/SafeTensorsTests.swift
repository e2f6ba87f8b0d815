import GGUF
import JSONText
import TestRandomness
import Testing

@testable import ModelFormats

@Suite struct SafeTensorsTests {
    private func read(_ bytes: [UInt8]) throws -> SafeTensorsFile {
        try SafeTensorsFile.read(from: BytesInMemory(bytes), named: "a.safetensors")
    }

    private let pair = [
        TestTensor("a", type: "F32", shape: [2, 3], bytes: Array(0..<24)),
        TestTensor("b", type: "BF16", shape: [], bytes: [1, 2]),
        TestTensor("c", type: "F4", shape: [4], bytes: [1, 2]),
    ]

    @Test func `a header gives names, types, shapes and places`() throws {
        let file = try read(safeTensors(pair))
        #expect(file.tensors.map(\.name) == ["a", "b", "c"])
        #expect(file.tensors.map(\.type) == [.f32, .bf16, .f4])
        #expect(file.tensors.map(\.shape) == [[2, 3], [], [4]])
        #expect(file.tensors.map(\.elementCount) == [6, 1, 4])
        #expect(file.tensors[0].byteRange == file.dataOffset..<file.dataOffset + 24)
        #expect(file.metadata == ["format": "pt"])
    }

    @Test func `a header may end with spaces, and tensors may have no numbers`() throws {
        let header = #"{"a":{"dtype":"U8","shape":[0,7],"data_offsets":[0,0]}}       "#
        #expect(try read(safeTensors(header: header)).tensors[0].elementCount == 0)
        #expect(try read(safeTensors(header: "{}")).tensors.isEmpty)
    }

    @Test func `every cut of a file is refused`() throws {
        let whole = safeTensors(pair)
        for count in whole.indices {
            #expect(refusal { _ = try read(Array(whole[..<count])) } != nil, "\(count) bytes of \(whole.count)")
        }
    }

    @Test func `any change of a byte is read or refused, and never reaches outside of the file`() throws {
        let whole = safeTensors(pair)
        var random = SeededRandom(seed: 3)
        for _ in 0..<3000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            do {
                let file = try read(bytes)
                #expect(file.tensors.allSatisfy { $0.byteRange.upperBound <= UInt64(bytes.count) })
            } catch {
                #expect(error is ModelFormatError)
            }
        }
    }

    @Test(
        arguments: [
            (
                #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
                8, ModelFormatError.Kind.duplicate
            ),
            (
                #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}"#,
                6, .misplaced
            ),
            (
                #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[5,9]}}"#,
                9, .misplaced
            ),
            (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 5, .misplaced),
            (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 3, .misplaced),
            (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, 4, .malformed),
            (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, 4, .misplaced),
            (#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4, .malformed),
            (
                #"{"a":{"dtype":"F32","shape":[4611686018427387904,4611686018427387904],"data_offsets":[0,4]}}"#, 4,
                .tooLarge
            ),
            (#"{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}}"#, 2, .tooLarge),
            (#"{"a":{"dtype":"F23","shape":[1],"data_offsets":[0,4]}}"#, 4, .unsupportedType),
            (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#, 4, .malformed),
            (#"{"a":{"shape":[1],"data_offsets":[0,4]}}"#, 4, .malformed),
            (#"{"__metadata__":{"a":1}}"#, 0, .malformed), (#"["a"]"#, 0, .malformed), ("{", 0, .malformed),
            (#"{"":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 4, .malformed),
        ] as [(String, Int, ModelFormatError.Kind)])
    func `what a header must not say is refused`(header: String, dataBytes: Int, kind: ModelFormatError.Kind) {
        let bytes = safeTensors(header: header, data: Array(repeating: 0, count: dataBytes))
        #expect(refusal { _ = try read(bytes) }?.kind == kind)
    }

    @Test func `names that only look alike are two names`() throws {
        let header =
            #"{"é":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"é":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#
        let twice = header.replacing("é", with: "e\u{301}", maxReplacements: 1)
        #expect(try read(safeTensors(header: twice, data: [1, 2])).tensors.count == 2)
        #expect(refusal { _ = try read(safeTensors(header: header, data: [1, 2])) }?.kind == .duplicate)
    }

    @Test func `a header that claims to be longer than its bound is refused before it is read`() {
        let bytes = [0, 0, 0, 0, 0, 0, 0, 1] + Array(#"{}"#.utf8)
        let error = refusal { _ = try read(bytes) }
        #expect(error?.kind == .tooLarge && error?.field == "header length" && error?.offset == 0)
    }

    // MARK: Several files

    private var sharded: FolderInMemory {
        var folder = FolderInMemory()
        folder.files["one.safetensors"] = safeTensors([pair[0]])
        folder.files["two.safetensors"] = safeTensors([pair[1], pair[2]])
        folder[text: "model.safetensors.index.json"] =
            #"{"metadata": {}, "weight_map": {"a": "one.safetensors", "b": "two.safetensors", "c": "two.safetensors"}}"#
        return folder
    }

    @Test func `an index joins files`() throws {
        let checkpoint = try SafeTensorsCheckpoint.read(from: sharded)
        #expect(checkpoint.entries.map(\.tensor.name) == ["a", "b", "c"])
        #expect(checkpoint["c"]?.file == "two.safetensors" && checkpoint["d"] == nil)
    }

    @Test func `an index with a file or a tensor that is not there is refused`() throws {
        #expect(
            refusal { _ = try SafeTensorsCheckpoint.read(from: sharded.without("two.safetensors")) }?.kind == .missing)
        let index = "model.safetensors.index.json"
        let more = try sharded.changing(index) { $0["weight_map"] = ["a": "one.safetensors", "d": "two.safetensors"] }
        #expect(refusal { _ = try SafeTensorsCheckpoint.read(from: more) }?.field == "d")
        let wrong = try sharded.changing(index) { $0["weight_map"] = ["a": "two.safetensors", "b": "one.safetensors"] }
        #expect(refusal { _ = try SafeTensorsCheckpoint.read(from: wrong) }?.kind == .missing)
        var twice = sharded
        twice.files["two.safetensors"] = safeTensors(pair)
        #expect(refusal { _ = try SafeTensorsCheckpoint.read(from: twice) }?.kind == .duplicate)
    }

    @Test(arguments: ["../../etc/passwd", "/etc/passwd", "a/b", ".", "", "a\u{0}b"])
    func `an index does not lead outside of its folder`(name: String) throws {
        let folder = try sharded.changing("model.safetensors.index.json") { $0["weight_map"] = ["a": .string(name)] }
        #expect(refusal { _ = try SafeTensorsCheckpoint.read(from: folder) }?.kind == .malformed)
    }
}
