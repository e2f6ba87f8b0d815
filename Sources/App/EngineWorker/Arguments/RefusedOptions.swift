import Configuration

extension EngineOption {
    /// Options of llama-server that would change answers or open doors, and that this engine cannot do.
    static let refused: [DeclaredOption] =
        speculative.map { spellings in refused(spellings, "speculative decoding comes later. Leave it out.") }
        + refusedFetching + refusedModel + refusedServing

    private static func refused(_ spellings: String, _ reason: String) -> DeclaredOption {
        let all = spellings.split(separator: " ").map(String.init)
        let variable = all.first { $0.hasPrefix("LLAMA_ARG_") }
        return .refused(all.filter { $0.hasPrefix("-") }, variable: variable, because: reason)
    }

    /// Spellings of one option in a line, and its variable where it has one.
    private static let speculative = [
        "--model-draft -md --spec-draft-model LLAMA_ARG_SPEC_DRAFT_MODEL",
        "--hf-repo-draft -hfd -hfrd --spec-draft-hf LLAMA_ARG_SPEC_DRAFT_HF_REPO",
        "--draft --draft-n --draft-max LLAMA_ARG_DRAFT_MAX", "--draft-min --draft-n-min LLAMA_ARG_DRAFT_MIN",
        "--draft-p-min --spec-draft-p-min LLAMA_ARG_SPEC_DRAFT_P_MIN",
        "--draft-p-split --spec-draft-p-split LLAMA_ARG_SPEC_DRAFT_P_SPLIT",
        "--spec-draft-n-max LLAMA_ARG_SPEC_DRAFT_N_MAX", "--spec-draft-n-min LLAMA_ARG_SPEC_DRAFT_N_MIN",
        "--spec-type LLAMA_ARG_SPEC_TYPE", "--spec-default", "--spec-draft-sampling LLAMA_ARG_SPEC_DRAFT_SAMPLING",
        "--spec-draft-backend-sampling LLAMA_ARG_SPEC_DRAFT_BACKEND_SAMPLING", "--no-spec-draft-backend-sampling",
        "--gpu-layers-draft -ngld --n-gpu-layers-draft --spec-draft-ngl LLAMA_ARG_N_GPU_LAYERS_DRAFT",
        "--device-draft -devd --spec-draft-device", "--threads-draft -td --spec-draft-threads",
        "--threads-batch-draft -tbd --spec-draft-threads-batch",
        "--cache-type-k-draft -ctkd --spec-draft-type-k LLAMA_ARG_SPEC_DRAFT_CACHE_TYPE_K",
        "--cache-type-v-draft -ctvd --spec-draft-type-v LLAMA_ARG_SPEC_DRAFT_CACHE_TYPE_V",
        "--cpu-mask-draft -Cd --spec-draft-cpu-mask", "--cpu-range-draft -Crd --spec-draft-cpu-range",
        "--cpu-strict-draft --spec-draft-cpu-strict", "--prio-draft --spec-draft-prio",
        "--poll-draft --spec-draft-poll", "--cpu-mask-batch-draft -Cbd --spec-draft-cpu-mask-batch",
        "--cpu-strict-batch-draft --spec-draft-cpu-strict-batch", "--prio-batch-draft --spec-draft-prio-batch",
        "--poll-batch-draft --spec-draft-poll-batch", "--override-tensor-draft -otd --spec-draft-override-tensor",
        "--cpu-moe-draft -cmoed --spec-draft-cpu-moe LLAMA_ARG_SPEC_DRAFT_CPU_MOE",
        "--n-cpu-moe-draft -ncmoed --spec-draft-n-cpu-moe --spec-draft-ncmoe LLAMA_ARG_SPEC_DRAFT_N_CPU_MOE",
        "--spec-synth-len LLAMA_ARG_SPEC_SYNTH_LEN", "--spec-synth-rates LLAMA_ARG_SPEC_SYNTH_RATES",
        "--spec-ngram-mod-n-min", "--spec-ngram-mod-n-max", "--spec-ngram-mod-n-match", "--spec-ngram-simple-size-n",
        "--spec-ngram-simple-size-m", "--spec-ngram-simple-min-hits", "--spec-ngram-map-k-size-n",
        "--spec-ngram-map-k-size-m", "--spec-ngram-map-k-min-hits", "--spec-ngram-map-k4v-size-n",
        "--spec-ngram-map-k4v-size-m", "--spec-ngram-map-k4v-min-hits", "--spec-ngram-size-n", "--spec-ngram-size-m",
        "--spec-ngram-min-hits", "--lookup-cache-static -lcs", "--lookup-cache-dynamic -lcd",
    ]

    private static let refusedFetching = [
        "--hf-repo -hf -hfr LLAMA_ARG_HF_REPO", "--hf-file -hff LLAMA_ARG_HF_FILE",
        "--model-url -mu LLAMA_ARG_MODEL_URL", "--docker-repo -dr LLAMA_ARG_DOCKER_REPO", "--embd-gemma-default",
        "--fim-qwen-1.5b-default", "--fim-qwen-3b-default", "--fim-qwen-7b-default", "--fim-qwen-7b-spec",
        "--fim-qwen-14b-spec", "--fim-qwen-30b-default", "--gpt-oss-20b-default", "--gpt-oss-120b-default",
        "--vision-gemma-4b-default", "--vision-gemma-12b-default",
    ].map { refused($0, "models are not fetched yet. Download the file and name it with --model.") }

    private static let refusedModel =
        [
            "--mmproj -mm LLAMA_ARG_MMPROJ", "--mmproj-url -mmu LLAMA_ARG_MMPROJ_URL", "--mmproj-device -mmdev",
            "--image-min-tokens LLAMA_ARG_IMAGE_MIN_TOKENS", "--image-max-tokens LLAMA_ARG_IMAGE_MAX_TOKENS",
            "--mtmd-batch-max-tokens LLAMA_ARG_MTMD_BATCH_MAX_TOKENS", "--video-fps LLAMA_ARG_VIDEO_FPS",
            "--video-timestamp-interval LLAMA_ARG_VIDEO_TIMESTAMP_INTERVAL",
            "--video-ffmpeg-dir LLAMA_ARG_VIDEO_FFMPEG_DIR", "--media-path",
        ].map { refused($0, "images, sound and video come later.") }
        + ["--control-vector", "--control-vector-scaled", "--control-vector-layer-range"]
        .map { refused($0, "control vectors come later.") }
        + [
            refused(
                "--context-shift LLAMA_ARG_CONTEXT_SHIFT",
                "an answer ends where its context is full, and says so. Raise --ctx-size."),
            refused("--special -sp", "control tokens are never part of a text."),
            refused("--spm-infill", "filling in the middle comes later."),
            refused("--reasoning-budget-message LLAMA_ARG_THINK_BUDGET_MESSAGE", "that message comes later."),
            refused("--skip-chat-parsing LLAMA_ARG_SKIP_CHAT_PARSING", "use --reasoning-format none."),
        ]

    private static let refusedServing =
        ["--ssl-key-file LLAMA_ARG_SSL_KEY_FILE", "--ssl-cert-file LLAMA_ARG_SSL_CERT_FILE"]
        .map { refused($0, "a worker speaks plain HTTP; `nexus serve` speaks HTTPS.") }
        + [
            "--cors-origins LLAMA_ARG_CORS_ORIGINS", "--cors-methods LLAMA_ARG_CORS_METHODS",
            "--cors-headers LLAMA_ARG_CORS_HEADERS", "--cors-credentials LLAMA_ARG_CORS_CREDENTIALS",
            "--no-cors-credentials",
        ].map { refused($0, "a worker answers no other sites' pages; `nexus serve` has server.cors.origins.") }
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
