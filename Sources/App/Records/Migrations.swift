public import Storage

/// The steps of the database's history, of all parts. Each part owns a range of ten numbers.
public enum Migrations {
    /// In order.
    public static let all: [Migration] = parts.flatMap { $0 }.sorted { $0.id < $1.id }

    /// One list for each part; its file says which numbers are its own.
    private static let parts: [[Migration]] = [
        CatalogTables.migrations, JobTable.migrations, DeploymentRecords.migrations, MemoryRecords.migrations,
        PreloadRecords.migrations, SpeedRecords.migrations,
        AuditRecords.migrations,
        SecretRecords.migrations,
        ConversationTables.migrations, ContextTables.migrations,
        AccessTables.migrations, SpentIDRecords.migrations, TokenKeyRecords.migrations, RefreshTokenRecords.migrations,
        GatewayTables.migrations,
        RoutingRecords.migrations, AnswerTables.migrations,
        ResponseRecords.migrations, MemoryTables.migrations,
    ]
}
