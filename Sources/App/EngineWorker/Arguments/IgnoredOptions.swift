import Configuration

extension EngineOption {
    /// Options of llama-server that change nothing here, and why nothing is lost.
    static let ignored: [DeclaredOption] = ignoredServing + ignoredPlacing + ignoredBatching + ignoredDrafts

    private static let ignoredServing: [DeclaredOption] = [
        .ignored("--log-disable", because: "Choose what is logged with --log-level."),
        .ignored(
            "--log-file", takesValue: true, variable: "LLAMA_ARG_LOG_FILE",
            because: "The log goes to standard error; send it where you like."),
        .ignored(
            "--log-colors", takesValue: true, variable: "LLAMA_ARG_LOG_COLORS",
            because: "Colours follow the terminal; choose the form with --log-format."),
        .ignored(
            "--log-prefix", "--no-log-prefix", variable: "LLAMA_ARG_LOG_PREFIX",
            because: "Choose the form of log lines with --log-format."),
        .ignored(
            "--log-timestamps", "--no-log-timestamps", variable: "LLAMA_ARG_LOG_TIMESTAMPS",
            because: "Choose the form of log lines with --log-format."),
        .ignored(
            "--threads-http", takesValue: true, variable: "LLAMA_ARG_THREADS_HTTP",
            because: "One thread serves all connections."),
        .ignored(
            "--ui-config", "--webui-config", takesValue: true, variable: "LLAMA_ARG_UI_CONFIG",
            because: "The chat page has no settings."),
        .ignored(
            "--ui-config-file", "--webui-config-file", takesValue: true, variable: "LLAMA_ARG_UI_CONFIG_FILE",
            because: "The chat page has no settings."),
        .ignored(
            "--no-ui-mcp-proxy", "--no-webui-mcp-proxy", "--no-agent", "-no-ag",
            because: "A worker runs no tools in any case."),
        .ignored(
            "--sse-ping-interval", takesValue: true, variable: "LLAMA_ARG_SSE_PING_INTERVAL",
            because: "Streams are kept alive at an interval of our own."),
        .ignored(
            "--poll", "--poll-batch", takesValue: true,
            because: "Threads wait as OpenMP does: they spin for a moment, then sleep. GOMP_SPINCOUNT says how long."),
        .ignored("--offline", variable: "LLAMA_ARG_OFFLINE", because: "Nothing is ever fetched."),
        .ignored("--hf-token", "-hft", takesValue: true, because: "Nothing is ever fetched."),
        .ignored(
            "--mtmd-batch-max-tokens", takesValue: true, variable: "LLAMA_ARG_MTMD_BATCH_MAX_TOKENS",
            because: "Images are encoded one after the other."),
        .ignored(
            "--no-models-autoload", "--models-autoload", because: "A worker serves the one model that it is given."),
    ]

    private static let ignoredPlacing: [DeclaredOption] = [
        .ignored(
            "--backend-sampling", "-bs", variable: "LLAMA_ARG_BACKEND_SAMPLING",
            because: "Tokens are chosen by the engine itself, with the same result."),
        .ignored(
            "--fit", "-fit", takesValue: true, variable: "LLAMA_ARG_FIT",
            because: "Sizes are taken as they are given; layers go to devices by --gpu-layers and --tensor-split."),
        .ignored(
            "--fit-target", "-fitt", takesValue: true, variable: "LLAMA_ARG_FIT_TARGET",
            because: "Sizes are taken as they are given, so that no margin is left anywhere."),
        .ignored(
            "--fit-ctx", "-fitc", takesValue: true, variable: "LLAMA_ARG_FIT_CTX",
            because: "The context is as large as --ctx-size says."),
        .ignored(
            "--moe-cache-mib", takesValue: true, variable: "LLAMA_ARG_MOE_CACHE_MIB",
            because: "llama.cpp's library keeps no cache of experts; --n-cpu-moe says which ones a GPU holds."),
    ]

    private static let ignoredBatching: [DeclaredOption] = [
        .ignored(
            "--cont-batching", "-cb", "--no-cont-batching", "-nocb", variable: "LLAMA_ARG_CONT_BATCHING",
            because: "Requests always share batches."),
        .ignored("--warmup", "--no-warmup", because: "The engine says when it is ready."),
        .ignored("--perf", "--no-perf", variable: "LLAMA_ARG_PERF", because: "Times are always measured."),
        .ignored("--jinja", "--no-jinja", variable: "LLAMA_ARG_JINJA", because: "Chat templates are always Jinja."),
        .ignored(
            "--cache-reuse", takesValue: true, variable: "LLAMA_ARG_CACHE_REUSE",
            because: "Prefixes are reused from their first token, whatever their length."),
        .ignored(
            "--cache-idle-slots", "--no-cache-idle-slots", variable: "LLAMA_ARG_CACHE_IDLE_SLOTS",
            because: "The prefix cache keeps what idle slots held."),
        .ignored(
            "--slot-prompt-similarity", "-sps", takesValue: true,
            because: "The prefix cache finds the longest common prefix, whatever slot it came from."),
        .ignored(
            "--defrag-thold", "-dt", takesValue: true, variable: "LLAMA_ARG_DEFRAG_THOLD",
            because: "llama.cpp no longer defragments its cache."),
        .ignored("--no-skip-chat-parsing", because: "Answers are always parsed."),
    ]
}
