import Configuration
import LlamaRuntime
import Testing

@testable import EngineWorker

@Suite struct EngineRefusalTests {
    @Test(arguments: [
        ("--ctx-siez 1", "did you mean --ctx-size?"), ("--modle x", "did you mean --model?"),
        ("-model x", "did you mean --model?"), ("--np 4", "did you mean -np?"), ("-nlg 4", "did you mean -ngl?"),
        ("--flash-atn", "did you mean --flash-attn?"), ("--no-mmaps", "did you mean --no-mmap?"),
        ("--xyzzy", "There is no option '--xyzzy'."), ("-c4096", "There is no option '-c4096'"),
    ])
    func `an unknown option is refused with what may have been meant`(line: String, part: String) {
        let text = refusal("-m m \(line)")
        #expect(text?.contains(part.hasSuffix(".") ? String(part.dropLast()) : part) == true, "\(text ?? "")")
    }

    @Test(arguments: [
        ("--mmproj-url x", "not fetched"), ("--video-fps 2", "films"),
        ("-hfd a/b", "--model-draft"), ("--spec-synth-len 2", "never made up"), ("-lcs x", "no files"),
        ("-hf a/b", "--model"), ("--ssl-key-file k", "nexus serve"), ("--tools all", "no tools"),
        ("--spec_synth_rates 1", "never made up"), ("--lookup-cache-dynamic=x", "no files"),
    ])
    func `an option of llama-server that is not done yet is refused by name`(line: String, part: String) {
        let text = refusal("-m m \(line)")
        let name = line.prefix { $0 != " " && $0 != "=" }
        #expect(
            text?.hasPrefix("\(name) cannot be used here: ") == true && text?.contains(part) == true, "\(text ?? "")")
    }

    @Test(arguments: [
        ("-c", "-c needs a value"), ("-c -np 2", "-c needs a value"), ("-c x", "-c must be"), ("-c 7", "from 8"),
        ("-np 0", "-1 or an integer from 1 to 256"), ("-np 257", "256"), ("--temp 11", "from 0 to 10"),
        ("--temp nan", "number"), ("--top-p 1.1", "from 0 to 1"), ("--port 65536", "65535"), ("-ctk q9", "one of f32"),
        ("--mirostat 3", "from 0 to 2"), ("--seed 4294967296", "4294967295"), ("-l 15043", "TOKEN+BIAS"),
        ("-l x+1", "TOKEN+BIAS"), ("--samplers top_k;best", "semicolons"), ("--sampler-seq kq", "letters"),
        ("--latency-bias 2", "from 0 to 1"), ("--max-deadline 5", "duration"), ("-ngl many", "auto, all"),
        ("--no-mmap=true", "takes no value"), ("stray", "one argument too many"), ("--alias ,", "names"),
        ("--reasoning-budget -2", "-1"),
    ])
    func `a value out of range is refused with what is allowed`(line: String, part: String) {
        let text = refusal("-m m \(line)")
        #expect(text?.contains(part) == true, "\(text ?? "")")
    }

    @Test func `a model is needed`() { #expect(refusal("-c 512")?.contains("--model is missing") == true) }

    @Test func `a refused key is not repeated`() {
        let text = refusal("-m m --api-key schlüssel")
        #expect(text?.contains("--api-key must be") == true && text?.contains("schl") == false)
    }
}

@Suite struct EngineKeyTests {
    @Test func `keys come from arguments and a file, each once`() throws {
        let serving = try commandLine(
            "-m m --api-key a,b --api-key c --api-key-file k", files: ["k": "# of the team\n\n  d \r\nb\n"]
        ).serving
        #expect(serving.apiKeys.map(\.revealed) == ["a", "b", "c", "d"])
        #expect(!"\(serving)".contains("revealed") && "\(serving)".contains(Secret.hidden))
    }

    @Test(arguments: ["", "# none\n", "good\nnot good\n", "a\u{1}\n", String(repeating: "x", count: 513)])
    func `a key file without a key, or with a wrong one, stops the start`(text: String) {
        let error = #expect(throws: (any Error).self) {
            try commandLine("-m m --api-key-file k", files: ["k": text])
        }
        #expect("\(error.debugDescription)".contains("not good") == false)
    }

    @Test func `there is a bound`() {
        let text = (0...ServingArguments.keysMax).map { "key\($0)\n" }.joined()
        #expect(throws: UsageError.self) { try commandLine("-m m --api-key-file k", files: ["k": text]) }
    }
}

@Suite struct EngineEnvironmentTests {
    @Test func `variables of llama-server count where the command line says nothing`() throws {
        let all = try commandLine(
            "-c 512",
            [
                "LLAMA_ARG_MODEL": "m.gguf", "LLAMA_ARG_CTX_SIZE": "1024", "LLAMA_ARG_N_PARALLEL": "2",
                "LLAMA_ARG_FLASH_ATTN": "off", "LLAMA_API_KEY": "k1,k2", "LLAMA_ARG_NO_MMAP": "1",
                "LLAMA_ARG_ENDPOINT_SLOTS": "0", "LLAMA_ARG_EMBEDDINGS": "enabled", "LLAMA_ARG_PORT": "",
                "PATH": "/bin", "LLAMA_ARG_JINJA": "1", "LLAMA_ARG_CONTEXT_SHIFT": "off",
            ])
        #expect(all.modelPath == "m.gguf" && all.cells == 512 && all.parallel == 2)
        #expect(all.computing.flashAttention == .off && all.serving.apiKeys.map(\.revealed) == ["k1", "k2"])
        #expect(all.computing.loadMode == .none && !all.serving.offersSlots && all.computing.use == .embeddings)
        #expect(all.listener == .tcp(host: "127.0.0.1", port: 8080), "an empty variable is not set")
        #expect(all.notices.map(\.spelling) == ["LLAMA_ARG_JINJA"])
    }

    @Test(arguments: [
        ("LLAMA_ARG_CTX_SIZE", "x"), ("LLAMA_ARG_EMBEDDINGS", "perhaps"), ("LLAMA_ARG_SPEC_TYPE", "magic"),
        ("LLAMA_ARG_RPC", "h"), ("LLAMA_ARG_SPLIT_MODE", "half"), ("LLAMA_ARG_CONTEXT_SHIFT", "perhaps"),
    ])
    func `a wrong variable is named`(name: String, value: String) {
        #expect(refusal("-m m", [name: value])?.contains(name) == true)
    }
}
