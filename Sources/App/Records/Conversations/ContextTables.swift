import Storage

/// The tables of contexts, of users' settings, of the search in scripts without spaces, and of who writes answers.
/// Migrations 120 to 124 are their own.
enum ContextTables {
    static let migrations = [
        Migration(
            id: 120, name: "contexts of conversations",
            sql: .shared(
                """
                CREATE TABLE conversation_wishes (conversation TEXT PRIMARY KEY, document TEXT NOT NULL);
                CREATE TABLE conversation_cuts (
                    id TEXT PRIMARY KEY, conversation TEXT NOT NULL, through TEXT NOT NULL, document TEXT NOT NULL,
                    is_active BIGINT NOT NULL, created BIGINT NOT NULL);
                CREATE INDEX conversation_cuts_of ON conversation_cuts (conversation, created);
                CREATE TABLE conversation_summaries (
                    conversation TEXT PRIMARY KEY, through TEXT NOT NULL, text TEXT NOT NULL, model TEXT NOT NULL,
                    created BIGINT NOT NULL);
                CREATE TABLE message_notes (
                    message TEXT PRIMARY KEY, conversation TEXT NOT NULL, text TEXT NOT NULL, sources TEXT NOT NULL);
                CREATE INDEX message_notes_of ON message_notes (conversation)
                """)),
        Migration(
            id: 121, name: "settings and profiles of users",
            sql: .shared(
                """
                CREATE TABLE user_settings (
                    tenant TEXT NOT NULL, owner TEXT NOT NULL, document TEXT NOT NULL, revision BIGINT NOT NULL,
                    updated BIGINT NOT NULL, PRIMARY KEY (tenant, owner));
                CREATE TABLE user_profiles (
                    id TEXT PRIMARY KEY, tenant TEXT NOT NULL, owner TEXT NOT NULL, name TEXT NOT NULL,
                    document TEXT NOT NULL, revision BIGINT NOT NULL, created BIGINT NOT NULL, updated BIGINT NOT NULL);
                CREATE INDEX user_profiles_of ON user_profiles (tenant, owner, name)
                """)),
        // `grams` is NULL in messages that were there before; `ConversationRecords.fillGrams` fills them.
        Migration(
            id: 122, name: "search in scripts without spaces",
            sql: .each(
                sqlite: """
                    ALTER TABLE messages ADD COLUMN grams TEXT;
                    CREATE INDEX messages_without_grams ON messages (seq) WHERE grams IS NULL;
                    DROP TABLE message_index;
                    CREATE VIRTUAL TABLE message_index USING fts5(
                        body, grams, owner_key, content='messages', content_rowid='seq',
                        tokenize='unicode61 remove_diacritics 2', prefix='2 3');
                    INSERT INTO message_index (message_index) VALUES ('rebuild')
                    """,
                postgres: """
                    ALTER TABLE messages ADD COLUMN grams TEXT;
                    CREATE INDEX messages_without_grams ON messages (seq) WHERE grams IS NULL;
                    ALTER TABLE messages ADD COLUMN gram_words tsvector
                        GENERATED ALWAYS AS (to_tsvector('simple', left(COALESCE(grams, ''), 250000))) STORED;
                    CREATE INDEX messages_by_grams ON messages USING GIN (gram_words)
                    """)),
        Migration(
            id: 123, name: "writers of answers",
            sql: .shared(
                """
                ALTER TABLE messages ADD COLUMN writer TEXT;
                CREATE TABLE answer_writers (id TEXT PRIMARY KEY, beat BIGINT NOT NULL)
                """)),
    ]
}
