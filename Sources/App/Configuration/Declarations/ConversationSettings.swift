extension Settings {
    /// Conversations: titles and retention.
    static let conversations: [Setting<ConfigurationDraft>] = [
        Setting(
            "conversations.titles", \.configuration.conversations.hasTitles, .flag,
            "Whether models name conversations after their first answer; users may say no for themselves."),
        Setting(
            "conversations.keepTemporary", \.configuration.conversations.keepTemporary,
            .duration(in: .seconds(60)...(.seconds(315_360_000))),
            "How long temporary conversations are kept after their last use."),
        Setting(
            "conversations.keepArchived", \.configuration.conversations.keepArchived,
            .optional(.duration(in: .seconds(3_600)...(.seconds(3_153_600_000)))),
            "How long archived conversations are kept after their last use; pinned ones stay. For ever when left out."),
        Setting(
            "conversations.keep", \.configuration.conversations.keep,
            .optional(.duration(in: .seconds(3_600)...(.seconds(3_153_600_000)))),
            "How long all other conversations are kept after their last use; pinned ones stay. For ever when left out."),
    ]
}
