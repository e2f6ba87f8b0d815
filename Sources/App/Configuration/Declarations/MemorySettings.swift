/// The keys below `memory`.
enum MemorySettings {
    static let all: [Setting<ConfigurationDraft>] = [
        Setting(
            "memory.meaning", \.configuration.memory.findsMeaning, .flag,
            "Whether messages, memories and documents are found by their meaning, too, where a model makes vectors."),
        Setting(
            "memory.embedder", \.configuration.memory.embedder, .text("NAME", bytesMax: 128),
            "Model that makes vectors of messages, memories and documents."),
        Setting(
            "memory.teacher", \.configuration.memory.teacher, .optional(.text("NAME", bytesMax: 128)),
            "Model that learns from conversations, where their users want that; whoever answers, where none is named."),
        Setting(
            "memory.perUser", \.configuration.memory.perUser, .integer(in: 1...100_000), "Memories of one user."),
        Setting(
            "memory.keepUnused", \.configuration.memory.keepUnused,
            .duration(in: .seconds(86_400)...(.seconds(315_360_000))),
            "Memories that are not pinned and were not used for so long are forgotten, unless their user says otherwise."
        ),
        Setting(
            "memory.searchBytes", \.configuration.memory.searchMemory,
            .bytes(in: .mebibytes(1)...(.mebibytes(1 << 16))),
            "Vectors in memory, so that a search reads none; those of users who search rarely go first."),
    ]
}
