import Configuration

extension EngineOption {
    /// Options of llama-server about drafts that change nothing here, and why nothing is lost.
    static let ignoredDrafts: [DeclaredOption] =
        [
            .ignored(
                "--draft-p-split", "--spec-draft-p-split", takesValue: true, variable: "LLAMA_ARG_SPEC_DRAFT_P_SPLIT",
                because: "A draft is one line of tokens, not a tree."),
            .ignored(
                "--spec-draft-sampling", takesValue: true, variable: "LLAMA_ARG_SPEC_DRAFT_SAMPLING",
                because: "The draft model takes its likeliest token."),
            .ignored(
                "--spec-draft-backend-sampling", "--no-spec-draft-backend-sampling",
                variable: "LLAMA_ARG_SPEC_DRAFT_BACKEND_SAMPLING",
                because: "Tokens are chosen by the engine itself, with the same result."),
            .ignored(
                "--spec-ngram-mod-n-min", "--spec-ngram-simple-min-hits", "--spec-ngram-map-k-min-hits",
                "--spec-ngram-map-k4v-min-hits", "--spec-ngram-min-hits", takesValue: true,
                because: "What look-ups are worth is measured."),
            .ignored(
                "--cpu-mask-draft", "-Cd", "--spec-draft-cpu-mask", "--cpu-range-draft", "-Crd",
                "--spec-draft-cpu-range", "--cpu-strict-draft", "--spec-draft-cpu-strict", "--prio-draft",
                "--spec-draft-prio", "--poll-draft", "--spec-draft-poll", "--cpu-mask-batch-draft", "-Cbd",
                "--spec-draft-cpu-mask-batch", "--spec-draft-cpu-range-batch", "-Crbd", "--cpu-range-batch-draft",
                "--cpu-strict-batch-draft", "--spec-draft-cpu-strict-batch", "--prio-batch-draft",
                "--spec-draft-prio-batch", "--poll-batch-draft", "--spec-draft-poll-batch", takesValue: true,
                because: "The system places and ranks the threads."),
        ] + ignoredDraftDevices

    private static let ignoredDraftDevices: [DeclaredOption] = [
        .ignored(
            "--device-draft", "-devd", "--spec-draft-device", "--override-tensor-draft", "-otd",
            "--spec-draft-override-tensor", takesValue: true, because: "llama.cpp chooses which device holds what."),
        .ignored(
            "--n-cpu-moe-draft", "-ncmoed", "--spec-draft-n-cpu-moe", "--spec-draft-ncmoe", takesValue: true,
            variable: "LLAMA_ARG_SPEC_DRAFT_N_CPU_MOE", because: "llama.cpp chooses which device holds what."),
        .ignored(
            "--cpu-moe-draft", "-cmoed", "--spec-draft-cpu-moe", variable: "LLAMA_ARG_SPEC_DRAFT_CPU_MOE",
            because: "llama.cpp chooses which device holds what."),
    ]
}
