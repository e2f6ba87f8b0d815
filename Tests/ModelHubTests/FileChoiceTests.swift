import ModelHub
import Testing

@Suite struct FileChoiceTests {
    private func listing(_ paths: [String]) -> HubListing {
        HubListing(
            repository: HubRepository("a/b"), commit: "0123456789",
            files: paths.map { HubFile(path: $0, size: 10, checksum: nil) })
    }

    private func chosen(_ selector: String?, _ paths: [String]) throws -> [String] {
        try FileChoice.choose(from: listing(paths), selector: selector).files.map(\.path)
    }

    private func refusal(_ selector: String?, _ paths: [String]) throws -> HubError {
        try #require(throws: HubError.self) { try FileChoice.choose(from: listing(paths), selector: selector) }
    }

    private let many = ["README.md", "m-Q2_K.gguf", "m-Q4_K_M.gguf", "m-Q8_0.gguf", "m-IQ4_XS.gguf", "m-f16.gguf"]

    @Test func `four bits are taken when nothing is said`() throws {
        #expect(try chosen(nil, many) == ["m-Q4_K_M.gguf"])
    }

    @Test func `without Q4_K_M the nearest is taken`() throws {
        #expect(try chosen(nil, ["m.Q8_0.gguf", "m.Q4_K_S.gguf", "m.Q2_K.gguf"]) == ["m.Q4_K_S.gguf"])
        #expect(try chosen(nil, ["m.Q8_0.gguf", "m.F16.gguf"]) == ["m.Q8_0.gguf"])
    }

    @Test(arguments: ["Q8_0", "q8_0", "m-Q8_0.gguf"])
    func `a quantisation or a name chooses one`(_ selector: String) throws {
        #expect(try chosen(selector, many) == ["m-Q8_0.gguf"])
    }

    @Test func `an unsloth quantisation is found with and without its mark`() throws {
        let files = ["m-UD-Q4_K_XL.gguf", "m-Q8_0.gguf"]
        #expect(try chosen("UD-Q4_K_XL", files) == ["m-UD-Q4_K_XL.gguf"])
        #expect(try chosen("Q4_K_XL", files) == ["m-UD-Q4_K_XL.gguf"])
    }

    @Test func `what is not there is answered with what is`() throws {
        let error = try refusal("Q5_K_M", many)
        #expect(error.code == .ambiguous)
        #expect(error.description.contains("Q4_K_M") && error.description.contains("IQ4_XS"))
    }

    @Test func `two models of one quantisation are not guessed between`() throws {
        let error = try refusal("Q4_K_M", ["big-Q4_K_M.gguf", "small-Q4_K_M.gguf"])
        #expect(error.description.contains("big-Q4_K_M.gguf") && error.description.contains("small-Q4_K_M.gguf"))
        #expect(try chosen("small-Q4_K_M.gguf", ["big-Q4_K_M.gguf", "small-Q4_K_M.gguf"]) == ["small-Q4_K_M.gguf"])
    }

    @Test func `all parts come together and in order`() throws {
        let parts = ["q/m-Q8_0-00002-of-00003.gguf", "q/m-Q8_0-00001-of-00003.gguf", "q/m-Q8_0-00003-of-00003.gguf"]
        let sorted = parts.sorted()
        #expect(try chosen("Q8_0", parts + ["m-Q4_0.gguf"]) == sorted)
        #expect(try chosen("m-Q8_0-00002-of-00003.gguf", parts) == sorted)
        #expect(try FileChoice.choose(from: listing(parts), selector: "Q8_0").primary.path == sorted[0])
    }

    @Test func `a model of which a part is missing is refused`() throws {
        let error = try refusal("Q8_0", ["m-Q8_0-00001-of-00003.gguf", "m-Q8_0-00003-of-00003.gguf"])
        #expect(error.message.contains("2 of 3"))
    }

    @Test func `a projector goes along, in half precision`() throws {
        let files = ["m-Q4_K_M.gguf", "mmproj-F32.gguf", "mmproj-F16.gguf", "mmproj-Q8_0.gguf", "m.imatrix.gguf"]
        let choice = try FileChoice.choose(from: listing(files), selector: nil)
        #expect(choice.files.map(\.path) == ["mmproj-F16.gguf", "m-Q4_K_M.gguf"])
        #expect(choice.projector?.path == "mmproj-F16.gguf")
        #expect(choice.primary.path == "m-Q4_K_M.gguf")
    }

    @Test func `a checkpoint brings weights, tokenizer and configuration, and nothing else`() throws {
        let files = [
            "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json",
            "config.json", "tokenizer.json", "pytorch_model.bin", "onnx/model.onnx", "original/consolidated.00.pth",
        ]
        let choice = try FileChoice.choose(from: listing(files), selector: nil)
        #expect(choice.kind == .safeTensors)
        #expect(
            choice.files.map(\.path) == [
                "config.json", "model.safetensors.index.json", "tokenizer.json", "model-00001-of-00002.safetensors",
                "model-00002-of-00002.safetensors",
            ])
    }

    @Test func `where there are both, GGUF is taken and the checkpoint can be asked for`() throws {
        let files = ["model.safetensors", "config.json", "m-Q4_K_M.gguf"]
        #expect(try chosen(nil, files) == ["m-Q4_K_M.gguf"])
        #expect(try chosen("safetensors", files) == ["config.json", "model.safetensors"])
    }

    @Test func `a repository without a model says what it holds`() throws {
        let error = try refusal(nil, ["README.md", "pytorch_model.bin"])
        #expect(error.description.contains("pytorch_model.bin"))
    }

    @Test func `a long list is cut`() throws {
        let error = try refusal(nil, (0..<5000).map { "data/\($0).parquet" })
        #expect(error.description.contains("4960 more"))
    }
}
