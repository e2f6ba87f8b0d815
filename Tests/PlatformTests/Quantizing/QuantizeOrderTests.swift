import Foundation
import GGUF
import JSONText
import ModelCatalog
import Testing
import Vocabulary

@testable import Platform

/// Orders as clients send them: what they become, and what is refused before there is a job.
@Suite struct QuantizeOrderTests {
    /// A folder with a catalogue in memory, models and texts.
    private struct Place {
        let path: String
        let finder: SourceFinder
        let made: MadeModels

        init() throws {
            let folder = FileManager.default.temporaryDirectory.appending(path: "nexus-order-\(UUID().uuidString)").path
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            path = try DiskModelFiles().resolved(folder)
            let catalog = Catalog(store: EmptyStore(), now: { 0 })
            finder = SourceFinder(catalog: catalog)
            made = MadeModels(catalog: catalog, ownFolder: path + "/models", dataDirectory: path)
            try Data("Some words.".utf8).write(to: URL(filePath: path + "/text.txt"))
            try Data().write(to: URL(filePath: path + "/empty.txt"))
        }

        /// A model file with one tensor.
        func model(_ name: String, _ type: TensorType = .f16, causal: Bool = true) throws -> String {
            var writer = try GGUFWriter()
            try writer.set("general.architecture", .string(causal ? "llama" : "bert"))
            if !causal { try writer.set("bert.attention.causal", .bool(false)) }
            let count = Int(type.blockBytes * 32 / type.blockLength)
            try writer.add(tensor: "token_embd.weight", type, [32, 1], bytes: [UInt8](repeating: 0, count: count))
            let file = "\(path)/\(name)"
            try Data(try writer.bytes()).write(to: URL(filePath: file))
            return file
        }

        func order(_ body: JSONObject) async throws -> QuantizeOrder { try await QuantizeOrder(body, finder, made) }

        func refusal(_ body: JSONObject) async -> ServiceError? {
            await #expect(throws: ServiceError.self) { try await order(body) }
        }
    }

    private func withPlace(_ body: (Place) async throws -> Void) async throws {
        let place = try Place()
        defer { try? FileManager.default.removeItem(atPath: place.path) }
        try await body(place)
    }

    @Test func `names and places follow from the source and the type`() async throws {
        try await withPlace { place in
            let file = try place.model("small-F16.gguf")
            let order = try await place.order(["model": .string(file), "type": "q4_k"])
            #expect(order.type.label == "Q4_K_M" && order.name.description == "small:Q4_K_M")
            #expect(order.output == place.path + "/models/made/small-Q4_K_M.gguf")
            #expect(try QuantizeOrder(stored: order.json) == order)
            let all: JSONObject = [
                "model": .string(file), "type": "IQ2_XXS", "name": "mine", "output": .string(place.path + "/x.gguf"),
                "calibrate": .string(place.path + "/text.txt"), "report": .string(place.path + "/text.txt"),
                "pure": true, "leave_output_tensor": true, "output_tensor_type": "q6_k",
                "token_embedding_type": "Q8_0", "threads": 3, "chunks": 5,
            ]
            let full = try await place.order(all)
            #expect(try QuantizeOrder(stored: full.json) == full)
            #expect(
                full.arguments(from: file, imatrix: "/m").joined(separator: " ")
                    == "quantize \(file) \(place.path)/x.gguf IQ2_XXS --imatrix /m --pure --leave-output-tensor "
                    + "--output-tensor-type Q6_K --token-embedding-type Q8_0 --threads 3")
        }
    }

    @Test func `a tag that says more than the type keeps it`() throws {
        for (source, name) in [
            ("qwen", "qwen:Q8_0"), ("qwen:F16", "qwen:Q8_0"), ("qwen:0.5b", "qwen:0.5b-Q8_0"),
            ("a/b:bf16", "a/b:Q8_0"), ("qwen:UD-Q4_K_XL", "qwen:Q8_0"),
        ] {
            #expect(MadeModels.name(of: try ModelName(source), as: "Q8_0").description == name)
        }
    }

    @Test func `what cannot succeed is refused with a way out`() async throws {
        try await withPlace { place in
            let file: JSONValue = .string(try place.model("small.gguf"))
            let text: JSONValue = .string(place.path + "/text.txt")
            let unknown = await place.refusal(["model": file, "type": "Q9"])
            #expect(unknown?.parameter == "type" && unknown?.hint?.contains("Q4_K_M, ") == true)
            let matrix = await place.refusal(["model": file, "type": "IQ1_S"])
            #expect(matrix?.parameter == "type" && matrix?.hint?.contains("calibrate") == true)
            let both = await place.refusal(["model": file, "type": "Q4_0", "imatrix": text, "calibrate": text])
            #expect(both?.parameter == "calibrate")
            #expect(await place.refusal(["model": file, "type": "Q4_0", "tpye": 1])?.parameter == "tpye")
            #expect(await place.refusal(["type": "Q4_0"])?.parameter == "model")
            #expect(await place.refusal(["model": "nobody", "type": "Q4_0"])?.code == .modelNotFound)
            #expect(await place.refusal(["model": "/nowhere.gguf", "type": "Q4_0"])?.parameter == "model")
            #expect(await place.refusal(["model": text, "type": "Q4_0"])?.parameter == "model")
            #expect(await place.refusal(["model": .string(place.path), "type": "Q4_0"])?.parameter == "model")
            for (key, value) in [
                ("report", "/nowhere.txt"), ("report", "text.txt"), ("report", place.path + "/empty.txt"),
                ("report", place.path), ("output", "x.gguf"), ("output", place.path + "/no/x.gguf"),
                ("output_tensor_type", "Q9"),
            ] {
                let refusal = await place.refusal(["model": file, "type": "Q4_0", key: .string(value)])
                #expect(refusal?.parameter == key && refusal?.code == .invalidValue, "\(key) \(value)")
            }
            #expect(await place.refusal(["model": file, "type": "Q4_0", "threads": 0])?.parameter == "threads")
            let taken = await place.refusal(["model": file, "type": "Q4_0", "output": file])
            #expect(taken?.code == .conflict && taken?.parameter == "output")
        }
    }

    @Test func `a model that is quantised already is taken only when somebody says so`() async throws {
        try await withPlace { place in
            let file: JSONValue = .string(try place.model("small.gguf", .q8_0))
            let refusal = await place.refusal(["model": file, "type": "Q4_0"])
            #expect(refusal?.hint?.contains("allow_requantize") == true)
            let order = try await place.order(["model": file, "type": "Q4_0", "allow_requantize": true])
            #expect(order.arguments(from: "x", imatrix: nil).contains("--allow-requantize"))
        }
    }

    @Test func `what writes no text can be quantised, not measured`() async throws {
        try await withPlace { place in
            let file: JSONValue = .string(try place.model("encoder.gguf", causal: false))
            _ = try await place.order(["model": file, "type": "Q8_0"])
            let text: JSONValue = .string(place.path + "/text.txt")
            for key in ["calibrate", "report"] {
                let refusal = await place.refusal(["model": file, "type": "Q8_0", key: text])
                #expect(refusal?.code == .notSupported && refusal?.parameter == key)
            }
        }
    }

    @Test func `a file that is being written is left to whoever writes it`() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "nexus-part-\(UUID().uuidString)").path
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        #expect(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
        MadeModels.removeUnfinished(path)
        #expect(FileManager.default.fileExists(atPath: path))
        close(descriptor)
        MadeModels.removeUnfinished(path)
        #expect(!FileManager.default.fileExists(atPath: path))
        MadeModels.removeUnfinished(path)
    }
}

/// A catalogue without models.
private struct EmptyStore: CatalogStoring {
    func page(_ query: CatalogQuery) async throws -> CatalogPage { CatalogPage(records: [], usage: [:], total: 0) }
    func model(_ name: ModelName) async throws -> (record: ModelRecord, texts: ModelTexts)? { nil }
    func change(_ name: ModelName, _ edit: @Sendable (ModelRecord?) throws -> CatalogEdit) async throws -> ModelRecord?
    {
        _ = try edit(nil)
        return nil
    }
    func events(_ query: CatalogEventQuery) async throws -> [CatalogEvent] { [] }
    func trimEvents(keeping countMax: Int) async throws {}
}
