import Storage

/// The tables of contexts, of meanings and of memory: migrations 110 to 119 are their own.
///
/// `memory_queue` is what is still to be done about messages and documents; it is written in the transaction that writes the message. An
/// owner's `removals` count up with every vector that goes, so that whoever holds a copy of them knows.
enum MemoryTables {
    static let migrations = [
        Migration(
            id: 110, name: "contexts",
            sql: .shared(
                """
                CREATE TABLE context_spaces (
                    id TEXT PRIMARY KEY, tenant TEXT NOT NULL, owner TEXT NOT NULL, name TEXT NOT NULL, tags TEXT NOT NULL,
                    data TEXT NOT NULL, instructions TEXT NOT NULL, model TEXT, uses_memory BIGINT, created BIGINT NOT NULL,
                    updated BIGINT NOT NULL, revision BIGINT NOT NULL);
                CREATE INDEX context_spaces_of ON context_spaces (tenant, owner, name);
                CREATE TABLE context_documents (
                    id TEXT PRIMARY KEY, context TEXT NOT NULL, owner_key TEXT NOT NULL, name TEXT NOT NULL,
                    type TEXT NOT NULL, byte_count BIGINT NOT NULL, content BYTEA NOT NULL, body TEXT,
                    created BIGINT NOT NULL);
                CREATE INDEX context_documents_of ON context_documents (context, id);
                ALTER TABLE conversations ADD COLUMN context TEXT;
                ALTER TABLE conversations ADD COLUMN uses_memory BIGINT;
                CREATE INDEX conversations_of_context ON conversations (context) WHERE context IS NOT NULL
                """)),
        Migration(
            id: 111, name: "vectors of messages",
            sql: .each(
                sqlite: meaning.replacing("#SEQ#", with: "INTEGER PRIMARY KEY"),
                postgres: meaning.replacing("#SEQ#", with: "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"))),
        Migration(
            id: 112, name: "memories",
            sql: .shared(
                """
                CREATE TABLE memories (
                    id TEXT PRIMARY KEY, tenant TEXT NOT NULL, owner TEXT NOT NULL, owner_key TEXT NOT NULL, context TEXT,
                    kind TEXT NOT NULL, body TEXT NOT NULL, subject TEXT, predicate TEXT, object TEXT,
                    subject_key TEXT, predicate_key TEXT, confidence DOUBLE PRECISION NOT NULL, is_pinned BIGINT NOT NULL,
                    origin TEXT NOT NULL, conversation TEXT, message TEXT, valid_from BIGINT NOT NULL, valid_to BIGINT,
                    replaces TEXT, created BIGINT NOT NULL, used BIGINT NOT NULL, uses BIGINT NOT NULL,
                    revision BIGINT NOT NULL, model BIGINT, vector BYTEA);
                CREATE INDEX memories_of ON memories (owner_key, created);
                CREATE INDEX memories_by_use ON memories (used) WHERE is_pinned = 0;
                CREATE INDEX memories_replaced ON memories (replaces) WHERE replaces IS NOT NULL;
                CREATE INDEX memories_unread ON memories (created) WHERE model IS NULL;
                CREATE TABLE memory_settings (
                    owner_key TEXT PRIMARY KEY, learns BIGINT NOT NULL, keep BIGINT NOT NULL, document TEXT NOT NULL,
                    revision BIGINT NOT NULL)
                """)),
    ]

    private static let meaning = """
        CREATE TABLE meaning_models (
            id #SEQ#, identity TEXT NOT NULL UNIQUE, name TEXT NOT NULL, is_current BIGINT NOT NULL);
        CREATE TABLE meaning_vectors (
            seq #SEQ#, owner_key TEXT NOT NULL, item TEXT NOT NULL, start BIGINT NOT NULL, length BIGINT NOT NULL,
            model BIGINT NOT NULL, digest BYTEA NOT NULL, vector BYTEA NOT NULL);
        CREATE INDEX meaning_vectors_of_item ON meaning_vectors (item);
        CREATE INDEX meaning_vectors_of_owner ON meaning_vectors (owner_key, model, seq);
        CREATE TABLE meaning_owners (
            owner_key TEXT PRIMARY KEY, additions BIGINT NOT NULL, removals BIGINT NOT NULL);
        CREATE TABLE memory_queue (
            item TEXT NOT NULL, task TEXT NOT NULL, owner_key TEXT NOT NULL, tenant TEXT NOT NULL, owner TEXT NOT NULL,
            not_before BIGINT NOT NULL, attempts BIGINT NOT NULL, created BIGINT NOT NULL, PRIMARY KEY (item, task));
        CREATE INDEX memory_queue_due ON memory_queue (not_before, created);
        CREATE INDEX memory_queue_of ON memory_queue (owner_key, task)
        """
}
