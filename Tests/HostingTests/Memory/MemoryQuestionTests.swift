import GGUF
import Hosting
import Testing

@Suite struct MemoryQuestionTests {
    @Test func `a worker's command line tells what it serves and how`() throws {
        let words = """
            --model /m/a.gguf --alias x --socket /s --parallel 8 --batch-size 1024 -ub 256 --ctx-size=16384 --ctx-seq 2048 -ctk q8_0 \
            --cache-type-v q4_0 -fa on --swa-full --no-mmap -nr --cache-ram 64 -ngl 12 -nkvo --n-cpu-moe 3 --mmproj /m/p.gguf -md \
            /m/d.gguf -cd 512 -ctkd q8_0 --lora /a.gguf,/b.gguf --lora-scaled /c.gguf:0.5
            """.split(whereSeparator: \.isWhitespace).map(String.init)
        let question = try #require(MemoryQuestion(engineArguments: words))
        #expect(question.model == "/m/a.gguf" && question.projector == "/m/p.gguf")
        let request = question.request
        #expect(request.parallel == 8 && request.batchTokens == 1024 && request.microBatchTokens == 256)
        #expect(request.cells == 16_384 && request.sequenceTokens == 2048)
        #expect(request.keyType == .q8_0 && request.valueType == .q4_0 && request.flashAttention == .on)
        #expect(request.keepsWholeWindow && request.loading == .read && !request.repacks && !request.offloadsCache)
        #expect(request.prefixCacheBytes == 64 << 20 && request.gpuLayers == .count(12))
        #expect(request.expertLayersOnCPU == 3)
        #expect(
            question.draft?.model == "/m/d.gguf" && question.draft?.cells == 512 && question.draft?.keyType == .q8_0)
        #expect(question.adapters == ["/a.gguf", "/b.gguf", "/c.gguf"])
    }

    @Test func `what is not said, and what an engine would refuse, is the default`() throws {
        #expect(MemoryQuestion(engineArguments: ["--parallel", "4"]) == nil)
        #expect(MemoryQuestion(engineArguments: ["--model"]) == nil)
        let question = try #require(
            MemoryQuestion(engineArguments: [
                "-m", "a", "-c", "0", "-np", "-1", "-ctk", "q9", "--cache-ram", "-1", "-b",
            ]))
        #expect(question.request == MemoryRequest())
        #expect(try #require(MemoryQuestion(engineArguments: ["-m", "a", "--mlock"])).request.loading == .read)
        #expect(
            try #require(MemoryQuestion(engineArguments: ["-m", "a", "--mlock", "--mmap"])).request.loading == .locked)
        #expect(try #require(MemoryQuestion(engineArguments: ["-m", "a", "-lm", "dio"])).request.loading == .read)
        #expect(try #require(MemoryQuestion(engineArguments: ["-m", "a", "--embedding"])).request.use == .embeddings)
        // The last one counts, as in the engine.
        #expect(try #require(MemoryQuestion(engineArguments: ["-m", "a", "-c", "8", "-c", "9"])).request.cells == 9)
    }

    @Test func `the same model with the same settings has the same key, however it was said`() throws {
        let shape = ModelShape(try ShapedFiles.file())
        var said = MemoryRequest()
        said.cells = 4096
        var other = MemoryRequest()
        other.cells = 4000
        other.machineBytes = 1 << 30
        other.threads = 7
        other.prefixCacheBytes = 0
        // 4,000 cells are 4,096, but a sequence is shorter.
        #expect(MemoryKey(shape, said) != MemoryKey(shape, other))
        other.cells = 4096
        #expect(MemoryKey(shape, said) == MemoryKey(shape, other))
        for change in [
            { (request: inout MemoryRequest) in request.keyType = .q8_0 }, { $0.parallel = 2 }, { $0.loading = .read },
            { $0.microBatchTokens = 64 }, { $0.flashAttention = .off }, { $0.adapterBytes = [1] },
            { $0.use = .embeddings }, { $0.repacks = false },
        ] {
            var changed = said
            change(&changed)
            #expect(MemoryKey(shape, said) != MemoryKey(shape, changed))
        }
        #expect(MemoryKey(shape, said) != MemoryKey(ModelShape(try ShapedFiles.file(layers: 5)), said))
    }

    @Test func `each part says how it comes about`() throws {
        let shape = ModelShape(try ShapedFiles.file("gemma3", ["attention.sliding_window": .uint32(512)], layers: 6))
        var request = MemoryRequest()
        request.cells = 65_536
        request.valueType = .q8_0
        request.adapterBytes = [10]
        request.draft = .init(shape: ModelShape(try ShapedFiles.file(layers: 1)))
        let parts = MemoryEstimate(of: shape, served: request).parts
        #expect(parts.allSatisfy { !$0.reason.isEmpty })
        let cache = try #require(parts.first { $0.kind == .kvCache }?.reason)
        #expect(cache.contains("5 layers × 2560 cells of a window × (64 keys in f16 + 64 values in q8_0)"))
        #expect(cache.contains("1 layers × 65536 cells × (64 keys"))
        let step = try #require(parts.first { $0.kind == .compute }?.reason)
        #expect(step.contains("a step of 512 tokens") && step.contains("masks"))
    }
}
