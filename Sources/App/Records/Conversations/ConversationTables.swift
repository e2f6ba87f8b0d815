import Storage

/// The tables of conversations. Migrations 100 to 109 are their own.
///
/// A message's searchable text stands in `body`, empty while an answer is being written. On SQLite `MessageIndex` keeps an
/// FTS5 index of it (external content: the text stands once), on PostgreSQL a generated column does. `owner_key` makes the
/// search of one owner's messages a search in the index.
enum ConversationTables {
    static let migrations = [
        Migration(
            id: 100, name: "conversations",
            sql: .each(
                sqlite: common.replacing("#SEQ#", with: "INTEGER PRIMARY KEY")
                    + """
                    CREATE VIRTUAL TABLE message_index USING fts5(
                        body, owner_key, content='messages', content_rowid='seq',
                        tokenize='unicode61 remove_diacritics 2', prefix='2 3')
                    """,
                // A tsvector holds a megabyte at most; what lies behind is not searched there.
                postgres: common.replacing("#SEQ#", with: "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY")
                    + """
                    ALTER TABLE messages ADD COLUMN body_words tsvector
                        GENERATED ALWAYS AS (to_tsvector('simple', left(body, 250000))) STORED;
                    CREATE INDEX messages_by_words ON messages USING GIN (body_words)
                    """)),
        Migration(
            id: 101, name: "titles of share links",
            sql: .shared("ALTER TABLE conversation_shares ADD COLUMN title TEXT")),
    ]

    private static let common = """
        CREATE TABLE conversations (
            id TEXT PRIMARY KEY, tenant TEXT NOT NULL, owner TEXT NOT NULL, title TEXT NOT NULL, folder TEXT NOT NULL,
            tags TEXT NOT NULL, is_pinned BIGINT NOT NULL, is_archived BIGINT NOT NULL, is_temporary BIGINT NOT NULL,
            settings TEXT NOT NULL, head TEXT, origin_conversation TEXT, origin_message TEXT, created BIGINT NOT NULL,
            updated BIGINT NOT NULL, revision BIGINT NOT NULL, message_count BIGINT NOT NULL);
        CREATE INDEX conversations_by_use ON conversations (tenant, owner, is_archived, updated);
        CREATE INDEX conversations_temporary ON conversations (updated) WHERE is_temporary = 1;
        CREATE TABLE conversation_tags (
            conversation TEXT NOT NULL, tag TEXT NOT NULL, PRIMARY KEY (conversation, tag));
        CREATE TABLE messages (
            seq #SEQ#, id TEXT NOT NULL UNIQUE, conversation TEXT NOT NULL, parent TEXT, owner_key TEXT NOT NULL,
            role TEXT NOT NULL, document TEXT NOT NULL, body TEXT NOT NULL, model TEXT, has_attachments BIGINT NOT NULL,
            status TEXT NOT NULL, created BIGINT NOT NULL, revision BIGINT NOT NULL);
        CREATE INDEX messages_by_conversation ON messages (conversation, id, parent);
        CREATE INDEX messages_writing ON messages (id) WHERE status = 'writing';
        CREATE TABLE conversation_shares (
            id TEXT PRIMARY KEY, conversation TEXT NOT NULL, leaf TEXT NOT NULL, digest TEXT NOT NULL UNIQUE,
            created BIGINT NOT NULL, expires BIGINT);
        CREATE INDEX conversation_shares_of ON conversation_shares (conversation);

        """
}
