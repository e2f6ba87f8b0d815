import Configuration

extension EngineOption {
    /// Options of llama-server that would change answers or open doors, and that this engine cannot do.
    static let refused: [DeclaredOption] =
        refusedDrafts + refusedFetching + refusedModel + refusedServing

    private static func refused(_ spellings: String, _ reason: String) -> DeclaredOption {
        let all = spellings.split(separator: " ").map(String.init)
        let variable = all.first { $0.hasPrefix("LLAMA_ARG_") }
        return .refused(all.filter { $0.hasPrefix("-") }, variable: variable, because: reason)
    }

    /// Spellings of one option in a line, and its variable where it has one.
    private static let refusedDrafts =
        [
            refused(
                "--hf-repo-draft -hfd -hfrd --spec-draft-hf LLAMA_ARG_SPEC_DRAFT_HF_REPO",
                "models are not fetched yet. Download the file and name it with --model-draft.")
        ]
        + ["--spec-synth-len LLAMA_ARG_SPEC_SYNTH_LEN", "--spec-synth-rates LLAMA_ARG_SPEC_SYNTH_RATES"]
        .map { refused($0, "guesses are verified, never made up. Compare with --compare-speculation.") }
        + ["--lookup-cache-static -lcs", "--lookup-cache-dynamic -lcd"]
        .map { refused($0, "look-ups have no files: they read the prompt and the answer.") }

    private static let refusedFetching = [
        "--hf-repo -hf -hfr LLAMA_ARG_HF_REPO", "--hf-file -hff LLAMA_ARG_HF_FILE",
        "--model-url -mu LLAMA_ARG_MODEL_URL", "--docker-repo -dr LLAMA_ARG_DOCKER_REPO", "--embd-gemma-default",
        "--fim-qwen-1.5b-default", "--fim-qwen-3b-default", "--fim-qwen-7b-default", "--fim-qwen-7b-spec",
        "--fim-qwen-14b-spec", "--fim-qwen-30b-default", "--gpt-oss-20b-default", "--gpt-oss-120b-default",
        "--vision-gemma-4b-default", "--vision-gemma-12b-default",
    ].map { refused($0, "models are not fetched yet. Download the file and name it with --model.") }

    private static let refusedModel =
        [
            "--video-fps LLAMA_ARG_VIDEO_FPS", "--video-timestamp-interval LLAMA_ARG_VIDEO_TIMESTAMP_INTERVAL",
            "--video-ffmpeg-dir LLAMA_ARG_VIDEO_FFMPEG_DIR",
        ].map { refused($0, "films are not read.") }
        + [
            refused(
                "--mmproj-url -mmu LLAMA_ARG_MMPROJ_URL",
                "projectors are not fetched yet. Download the file and name it with --mmproj."),
            refused(
                "--mmproj-device -mmdev", "llama.cpp chooses the device; --no-mmproj-offload keeps to the processor."),
        ]
        + [
            refused("--special -sp", "control tokens are never part of a text."),
            refused("--skip-chat-parsing LLAMA_ARG_SKIP_CHAT_PARSING", "use --reasoning-format none."),
        ]

    private static let refusedServing =
        ["--ssl-key-file LLAMA_ARG_SSL_KEY_FILE", "--ssl-cert-file LLAMA_ARG_SSL_CERT_FILE"]
        .map { refused($0, "a worker speaks plain HTTP; `nexus serve` speaks HTTPS.") }
        + [
            "--models-dir LLAMA_ARG_MODELS_DIR", "--models-preset LLAMA_ARG_MODELS_PRESET",
            "--models-max LLAMA_ARG_MODELS_MAX",
        ].map { refused($0, "a worker serves one model; `nexus serve` serves several.") }
        + [
            "--tools LLAMA_ARG_TOOLS", "--tools-runtime LLAMA_ARG_TOOLS_RUNTIME",
            "--mcp-servers-config LLAMA_ARG_MCP_SERVERS_CONFIG", "--mcp-servers-json LLAMA_ARG_MCP_SERVERS_JSON",
            "--agent -ag LLAMA_ARG_AGENT",
            "--ui-mcp-proxy --webui-mcp-proxy LLAMA_ARG_UI_MCP_PROXY",
        ].map { refused($0, "a worker runs no tools.") }
        + [
            refused("--path LLAMA_ARG_STATIC_PATH", "a worker serves no files."),
            refused("--api-prefix LLAMA_ARG_API_PREFIX", "put a proxy in front that adds it."),
            refused("--reuse-port LLAMA_ARG_REUSE_PORT", "one worker listens on a port."),
            refused("--log-prompts-dir", "prompts are never written to disk."),
            refused("--cache-list -cl", "this program prints no such list."),
            refused("--completion-bash", "there are no completions for shells yet."),
        ]
}
