import Inference
import JSONText
import LlamaRuntime
import LlamaServerAPI
import Testing
import Vocabulary

@testable import Configuration
@testable import EngineWorker

private let program = Program(name: "nexus", summary: "Tests.", commands: [EngineArguments.command])

/// The arguments of a command line; words are separated by one space.
func commandLine(
    _ line: String, _ environment: [String: String] = [:], files: [String: String] = [:]
) throws -> EngineArguments {
    let words = ["engine"] + line.split(separator: " ").map(String.init)
    guard case .command(let parsed) = try program.parse(words, environment: environment) else { throw UnexpectedHelp() }
    return try EngineArguments(parsed) { path, bytesMax in
        guard let text = files[path] else { throw ServiceError(.invalidValue, "There is no \(path).") }
        guard text.utf8.count <= bytesMax else { throw ServiceError(.invalidValue, "\(path) is too large.") }
        return Array(text.utf8)
    }
}
private struct UnexpectedHelp: Error {}

/// The sentence that a command line is refused with.
func refusal(_ line: String, _ environment: [String: String] = [:]) -> String? {
    let error = #expect(throws: UsageError.self, "\(line)") { try commandLine(line, environment) }
    #expect(error?.exitCode == .usage)
    return error?.description
}

@Suite struct EngineArgumentsTests {
    @Test func `contexts are shifted only when one asks for it`() throws {
        #expect(try commandLine("-m m").memory.contextShift == nil)
        #expect(try commandLine("-m m --keep 7 --no-context-shift").memory.contextShift == nil)
        #expect(try commandLine("-m m --context-shift").memory.contextShift == ContextShift())
        #expect(try commandLine("-m m --context-shift --keep -1").memory.contextShift == ContextShift(kept: .prompt))
        #expect(try commandLine("-m m --context-shift --keep 7").memory.contextShift == ContextShift(kept: .tokens(7)))
        #expect(refusal("-m m --keep -2") != nil)
    }

    @Test func `states of models that cannot go back are left and kept as one is told`() throws {
        #expect(try commandLine("-m m").cache.checkpoints == CheckpointPolicy())
        let told = try commandLine("-m m -ctxcp 8 -cms 64 -cpent 300")
        #expect(told.cache.checkpoints == CheckpointPolicy(statesMax: 8, tokensMin: 64, tokensEvery: 300))
        #expect(told.notices.isEmpty)
        #expect(try commandLine("-m m --checkpoint-every-n-tokens -1").cache.checkpoints.tokensEvery == nil)
    }

    @Test func `nothing but a model takes the defaults`() throws {
        let plain = try commandLine("-m /models/a.b.gguf")
        #expect(plain.modelPath == "/models/a.b.gguf" && plain.alias == "a.b" && plain.otherAliases.isEmpty)
        #expect(plain.listener == .tcp(host: "127.0.0.1", port: 8080))
        #expect(plain.parallel == 4 && plain.batchTokens == 512 && plain.microBatchTokens == 512)
        #expect(plain.contextTokens == nil && plain.cells == nil && plain.threads == nil && plain.batchThreads == nil)
        #expect(plain.queueMax == 256 && plain.scheduling.latencyBias == 0.5 && plain.scheduling.deadlineMax == nil)
        #expect(plain.sampling == SamplingParameters() && plain.defaults.constraint == nil)
        #expect(plain.serving.apiKeys.isEmpty && plain.serving.offersSlots && plain.notices.isEmpty)
        #expect(plain.cache.isUsed && plain.cache.ram == nil && plain.cache.disk == .off)
        #expect(plain.computing.use == .text && plain.computing.loadMode == .auto && plain.chat.template == nil)
    }

    @Test func `a command line as people write it for llama-server`() throws {
        let all = try commandLine(
            """
            -m m.gguf --host 0.0.0.0 --port 8033 -c 16384 -np 4 -t 8 -tb 16 -b 2048 -ub 512 -ngl 99 -fa on \
            -ctk q8_0 -ctv q4_0 --mlock --no-mmap --jinja -cb --metrics --slots --no-webui --temp 0.7 --top-k 20 \
            --top-p 0.8 --min-p 0 --repeat-penalty 1.05 -a qwen,qwen-max --reasoning-format deepseek \
            --reasoning-budget -1 -cram -1 --cache-reuse 256 -to 600 --no-context-shift -n -1 -s -1 --no-warmup
            """)
        #expect(all.listener == .tcp(host: "0.0.0.0", port: 8033))
        #expect(all.cells == 16384 && all.contextTokens == 4096 && all.parallel == 4)
        #expect(!all.serving.hasPage && all.serving.offersMetrics)
        #expect(all.threads == 8 && all.batchThreads == 16 && all.batchTokens == 2048 && all.microBatchTokens == 512)
        #expect(all.computing.gpuLayers == .count(99) && all.computing.flashAttention == .on)
        #expect(all.computing.keyType == .q8_0 && all.computing.valueType == .q4_0 && all.computing.loadMode == .mlock)
        #expect(all.alias == "qwen" && all.otherAliases == ["qwen-max"])
        #expect(all.sampling.temperature == 0.7 && all.sampling.topK == 20 && all.sampling.minP == 0)
        #expect(all.sampling.repetitionPenalty == 1.05 && all.sampling.seed == nil && all.defaults.newTokensMax == nil)
        #expect(all.chat.reasoning == ReasoningOptions(format: .deepseek))
        #expect(all.cache.ram == .unlimited && all.serving.timeout == .seconds(600))
        #expect(
            all.notices.map(\.spelling) == [
                "--jinja", "-cb", "--cache-reuse", "--no-warmup",
            ])
        #expect(all.notices.allSatisfy { $0.reason.hasSuffix(".") })
    }

    @Test func `context sizes mean what llama-server means, and a sequence may have a bound of its own`() throws {
        #expect(try commandLine("-m m -c 0 --ctx-seq 0").cells == nil)
        let both = try commandLine("-m m --ctx-seq 1024 --ctx-size 4096 -np 4")
        #expect(both.contextTokens == 1024 && both.cells == 4096)
        #expect(try commandLine("-m m --kv-unified-per-slot 512").contextTokens == 512)
        #expect(refusal("-m m --ctx-seq 4096 -c 1024")?.contains("--ctx-seq") == true)
        #expect(try commandLine("-m m -np -1").parallel == 4)
        #expect(try commandLine("-m m -np 64 -b 32").batchTokens == 64)
        #expect(try commandLine("-m m -b 64 -ub 512").microBatchTokens == 64)
    }

    @Test(arguments: [
        ("-fa", "on"), ("-fa off", "off"), ("--flash-attn auto", "auto"), ("-fa -np 2", "on"), ("-fa=off", "off"),
        ("-fa 1", "on"),
    ])
    func `flash attention may stand alone`(line: String, wanted: String) throws {
        #expect(try commandLine("-m m \(line)").computing.flashAttention.rawValue == wanted)
    }

    @Test(arguments: [
        ("", "auto"), ("--mmap", "mmap"), ("--no-mmap", "none"), ("--mlock", "mmap+mlock"),
        ("--mlock --no-mmap", "mlock"),
        ("--mmap --no-mmap", "none"), ("-lm dio", "dio"), ("-lm none --mlock", "none"),
    ])
    func `how the file is loaded has an older and a newer name`(line: String, wanted: String) throws {
        #expect(try commandLine("-m m \(line)").computing.loadMode.rawValue == wanted)
    }

    @Test func `what the model is for`() throws {
        #expect(try commandLine("-m m --embedding --pooling mean").computing.use == .embeddings)
        let ranker = try commandLine("-m m --rerank").computing
        #expect(ranker.use == .reranking && ranker.pooling == .rank)
        #expect(try commandLine("-m m --pooling rank").computing.use == .reranking)
        #expect(refusal("-m m --pooling best")?.contains("one of none, mean, cls, last, rank") == true)
    }

    @Test func `sockets`() throws {
        #expect(try commandLine("-m m --socket /s --host 1.2.3.4").listener == .unix(path: "/s"))
        #expect(try commandLine("-m m --host /run/e.sock").listener == .unix(path: "/run/e.sock"))
        let several = try commandLine("-m m --host 127.0.0.1,::1 --port 1")
        #expect(several.listener == .tcp(host: "127.0.0.1", port: 1) && several.serving.otherHosts == ["::1"])
        #expect(refusal("-m m --host 127.0.0.1,")?.contains("1 to 8 names") == true)
        #expect(refusal("-m m --host a,b,c,d,e,f,g,h,i")?.contains("1 to 8 names") == true)
    }

    @Test func `one context is a part of the cache where it is told into how many, unless it is shared`() throws {
        #expect(try commandLine("-m m -c 512 -np 2").contextTokens == 256)
        #expect(try commandLine("-m m -c 512 -np 2 --kv-unified").contextTokens == nil)
        #expect(try commandLine("-m m -c 512 -np 2 --no-kv-unified").contextTokens == 256)
        #expect(try commandLine("-m m -c 512").contextTokens == nil)
        #expect(try commandLine("-m m -c 512 -np -1").contextTokens == nil)
        #expect(try commandLine("-m m -c 512 -np 2 --ctx-seq 400").contextTokens == 400)
        #expect(try commandLine("-m m -np 2").contextTokens == nil)
        #expect(try commandLine("-m m -c 8 -np 4").contextTokens == 8)
    }

    @Test func `what the server shows`() throws {
        let open = try commandLine("-m m").serving
        #expect(open.hasPage && !open.offersMetrics && !open.offersProps && open.tags.isEmpty)
        #expect(open.origins == EngineOrigins() && !open.answersVerbosely)
        let supervised = try commandLine("-m m --socket /s").serving
        #expect(!supervised.hasPage && supervised.offersMetrics)
        let told = try commandLine(
            "-m m --props --no-ui --metrics --tags a,b --cors-origins localhost --no-cors-credentials -v"
        ).serving
        #expect(told.offersProps && !told.hasPage && told.offersMetrics && told.tags == ["a", "b"])
        #expect(told.origins.origins == .localhost && !told.origins.allowsCredentials && told.answersVerbosely)
        let site = try commandLine("-m m --cors-origins https://a --cors-methods GET --cors-headers X").serving.origins
        #expect(site.origins == .literal("https://a") && site.methods == "GET" && site.headers == "X")
        let defaults = try commandLine("-m m --no-prefill-assistant --spm-infill").defaults
        #expect(!defaults.continuesLastMessage && defaults.putsSuffixFirst)
        #expect(try commandLine("-m m -a tinyllama-2,fim,code").alias == "code")
    }

    @Test func `adapters keep their order`() throws {
        let adapters = try commandLine("-m m --lora a,b --lora-scaled c:0.5,d:-1 --lora \"x,y\"").adapters.adapters
        #expect(
            adapters == [
                AdapterArgument(path: "a", scale: 1), AdapterArgument(path: "b", scale: 1),
                AdapterArgument(path: "c", scale: 0.5), AdapterArgument(path: "d", scale: -1),
                AdapterArgument(path: "x,y", scale: 1),
            ])
        #expect(
            try commandLine("-m m --lora a --lora-init-without-apply").adapters.adapters == [
                AdapterArgument(path: "a", scale: 0)
            ])
        for line in ["--lora-scaled a", "--lora-scaled a:b", "--lora-scaled :1", "--lora-scaled a:nan", "--lora a,,b"] {
            #expect(refusal("-m m \(line)")?.contains("must be") == true, "\(line)")
        }
    }

    @Test func `where adapters may come from, and how many`() throws {
        let plain = try commandLine("-m m").adapters
        #expect(plain.directory == nil && plain.countMax == 32 && plain.controlVectors == [])
        let set = try commandLine("-m m --lora-dir /adapters --lora-max 1 --lora a,b").adapters
        #expect(set.directory == "/adapters")
        #expect(set.countMax == 2, "those that are named count")
    }

    @Test func `control vectors and their layers`() throws {
        let steered = try commandLine(
            "-m m --control-vector a,b --control-vector-scaled c:-0.5 --control-vector-layer-range 0 7 -np 2")
        #expect(
            steered.adapters.controlVectors == [
                AdapterArgument(path: "a", scale: 1), AdapterArgument(path: "b", scale: 1),
                AdapterArgument(path: "c", scale: -0.5),
            ])
        #expect(steered.adapters.controlLayers == 1...7)
        #expect(steered.parallel == 2)
        #expect(try commandLine("-m m --control-vector a").adapters.controlLayers == nil)
        for line in ["5", "5 x", "7 5", "-1 5", "0 0", "1 100001"] {
            #expect(throws: UsageError.self, "\(line)") {
                try commandLine("-m m --control-vector-layer-range \(line)")
            }
        }
    }

    @Test func `caches`() throws {
        #expect(try commandLine("-m m --cache-ram 0").cache.ram == .off)
        #expect(try commandLine("-m m --cache-ram 100").cache.ram == .bytes(100 << 20))
        #expect(try commandLine("-m m --cache-disk 5").cache.disk == .off)
        #expect(try commandLine("-m m --cache-disk 5 --cache-dir /c").cache.disk == .bytes(5 << 20))
        #expect(try commandLine("-m m --cache-dir /c").cache.disk == .bytes(8 << 30))
        #expect(try !commandLine("-m m --no-cache-prompt").cache.isUsed)
        #expect(refusal("-m m --cache-ram 99999999999")?.contains("MiB") == true)
    }

    @Test func `chats`() throws {
        #expect(try commandLine("-m m --chat-template chatml").chat.template == .named("chatml"))
        #expect(try commandLine("-m m --chat-template {{x}}").chat.template == .source("{{x}}"))
        #expect(try commandLine("-m m --chat-template-file t", files: ["t": "{{y}}"]).chat.template == .source("{{y}}"))
        #expect(refusal("-m m --chat-template a --chat-template-file t")?.contains("exclude") == true)
        let chat = try commandLine("-m m --chat-template-kwargs {\"a\":1} --no-reasoning-preserve --reasoning-budget 0")
            .chat
        #expect(chat.variables == ["a": 1, "preserve_reasoning": false])
        #expect(chat.reasoning == ReasoningOptions(isEnabled: false, tokensMax: 0))
        let message = try commandLine("-m m --reasoning-budget 9 --reasoning-budget-message enough").chat.reasoning
        #expect(message == ReasoningOptions(tokensMax: 9, budgetMessage: "enough"))
        #expect(try commandLine("-m m -rea on --reasoning-effort high").chat.reasoning.isEnabled == true)
        #expect(refusal("-m m --chat-template-kwargs [1]")?.contains("a JSON object") == true)
        #expect(refusal("-m m --reasoning-format legacy")?.contains("one of auto, deepseek, none") == true)
    }

    @Test func `constraints`() throws {
        #expect(try commandLine("-m m --grammar root::=\"a\"").defaults.constraint == .grammar("root::=\"a\""))
        #expect(try commandLine("-m m -j {}").defaults.constraint == .jsonSchema([:]))
        #expect(
            try commandLine("-m m -jf s", files: ["s": "{\"type\":\"string\"}"]).defaults.constraint
                == .jsonSchema(["type": "string"]))
        #expect(refusal("-m m -j {")?.contains("JSON") == true)
        #expect(refusal("-m m -j {} --grammar x")?.contains("exclude each other") == true)
        #expect(throws: ServiceError.self) { try commandLine("-m m -jf s", files: ["s": "{"]) }
        #expect(throws: ServiceError.self) { try commandLine("-m m --grammar-file missing") }
        #expect(try commandLine("-m m -r A -r B --ignore-eos -n 0").defaults.stop == ["A", "B"])
    }

    @Test func `the log`() throws {
        #expect(try commandLine("-m m -v").logLevel == .debug)
        #expect(try commandLine("-m m -lv 1").logLevel == .error)
        #expect(try commandLine("-m m -v --log-level warning").logLevel == .warning)
        #expect(try commandLine("-m m --log-jsonl").logFormat == .json)
    }

    @Test func `no two options share a spelling, and each has a sentence`() {
        for option in EngineOption.all {
            switch option.standing {
            case .works: #expect(option.documentation.hasSuffix("."), "\(option.name)")
            case .ignored(let reason), .refused(let reason): #expect(reason.hasSuffix("."), "\(option.name)")
            }
        }
        // `OptionLookup` stops the program for a spelling that is declared twice.
        #expect(throws: UsageError.self) { try commandLine("") }
    }
}
