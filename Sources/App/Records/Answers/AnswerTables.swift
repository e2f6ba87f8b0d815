import Storage

/// The tables of the answer cache: migrations 90 to 94 are its own.
enum AnswerTables {
    static let migrations = [
        Migration(
            id: 90, name: "cached answers",
            sql: .shared(
                """
                CREATE TABLE answers (
                    key BYTEA PRIMARY KEY, kind TEXT NOT NULL, tenant TEXT NOT NULL, model TEXT NOT NULL,
                    tags TEXT NOT NULL, written_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, used_at BIGINT NOT NULL,
                    hits BIGINT NOT NULL, prompt_tokens BIGINT NOT NULL, completion_tokens BIGINT NOT NULL,
                    computing BIGINT NOT NULL, bytes BIGINT NOT NULL, payload BYTEA NOT NULL)
                """)),
        Migration(
            id: 91, name: "cached answers by use and by age",
            sql: .shared(
                """
                CREATE INDEX answers_by_use ON answers (used_at, bytes);
                CREATE INDEX answers_by_end ON answers (expires_at);
                CREATE INDEX answers_by_age ON answers (written_at);
                """)),
        Migration(
            id: 92, name: "questions by meaning",
            sql: .shared(
                """
                CREATE TABLE answer_questions (
                    key BYTEA PRIMARY KEY, circle BYTEA NOT NULL, vector BYTEA NOT NULL, marks BYTEA NOT NULL,
                    expires_at BIGINT NOT NULL)
                """)),
        Migration(
            id: 93, name: "thresholds of meaning",
            sql: .shared(
                """
                CREATE TABLE answer_thresholds (
                    model TEXT PRIMARY KEY, identity TEXT NOT NULL, threshold DOUBLE PRECISION NOT NULL,
                    "precision" DOUBLE PRECISION NOT NULL, recall DOUBLE PRECISION NOT NULL, pairs BIGINT NOT NULL,
                    at BIGINT NOT NULL)
                """)),
    ]
}
