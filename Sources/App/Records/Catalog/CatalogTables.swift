import Storage

/// The tables of the model catalogue. Migrations 10 to 19 are its own.
enum CatalogTables {
    static let migrations = [
        Migration(
            id: 10, name: "model catalogue",
            sql: .each(sqlite: tables(number: "INTEGER PRIMARY KEY"), postgres: tables(number: postgresNumber)))
    ]

    private static let postgresNumber = "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"

    /// What is filtered and sorted by has columns; the rest is JSON. `texts` is apart, so that lists need not read it.
    private static func tables(number: String) -> String {
        """
        CREATE TABLE models (
            base TEXT NOT NULL, tag TEXT NOT NULL, state TEXT NOT NULL, failure TEXT, origin TEXT NOT NULL,
            origin_place TEXT, origin_detail TEXT, format TEXT, architecture TEXT, title TEXT, parameter_count BIGINT,
            byte_count BIGINT NOT NULL, rating BIGINT, added_at BIGINT NOT NULL, changed_at BIGINT NOT NULL,
            document TEXT NOT NULL, texts TEXT NOT NULL, PRIMARY KEY (base, tag));
        CREATE TABLE model_files (
            base TEXT NOT NULL, tag TEXT NOT NULL, position BIGINT NOT NULL, path TEXT NOT NULL, role TEXT NOT NULL,
            byte_count BIGINT NOT NULL, modified_at BIGINT NOT NULL, device BIGINT NOT NULL, inode BIGINT NOT NULL,
            sha256 TEXT, PRIMARY KEY (base, tag, position));
        CREATE INDEX model_files_by_path ON model_files (path);
        CREATE TABLE model_tags (
            base TEXT NOT NULL, tag TEXT NOT NULL, label TEXT NOT NULL, position BIGINT NOT NULL,
            PRIMARY KEY (base, tag, label));
        CREATE TABLE model_events (
            id \(number), at BIGINT NOT NULL, base TEXT NOT NULL, tag TEXT NOT NULL, name TEXT NOT NULL,
            state_before TEXT, state_after TEXT, deployment TEXT, detail TEXT);
        CREATE INDEX model_events_by_model ON model_events (base, tag, id);
        CREATE TABLE model_usage (
            model TEXT NOT NULL PRIMARY KEY, requests BIGINT NOT NULL, prompt_tokens BIGINT NOT NULL,
            completion_tokens BIGINT NOT NULL, failures BIGINT NOT NULL, last_used_at BIGINT NOT NULL);
        CREATE TABLE model_benchmarks (
            id \(number), base TEXT NOT NULL, tag TEXT NOT NULL, at BIGINT NOT NULL, kind TEXT NOT NULL,
            document TEXT NOT NULL);
        CREATE INDEX model_benchmarks_by_model ON model_benchmarks (base, tag, id)
        """
    }
}
