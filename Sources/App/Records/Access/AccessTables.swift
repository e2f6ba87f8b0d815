import Storage

/// Tables of users, teams, tenants, keys and sessions. Migrations 60 to 69 are theirs.
enum AccessTables {
    static let migrations = [
        Migration(
            id: 60, name: "access",
            sql: .shared(
                """
                CREATE TABLE access_state (
                    id BIGINT PRIMARY KEY, revision BIGINT NOT NULL, hash_key BYTEA);
                INSERT INTO access_state (id, revision, hash_key) VALUES (1, 0, NULL);
                CREATE TABLE access_users (
                    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, display_name TEXT NOT NULL, email TEXT UNIQUE,
                    role TEXT NOT NULL, tenant TEXT NOT NULL, is_disabled BIGINT NOT NULL, models TEXT,
                    priority_max TEXT NOT NULL, created_at BIGINT NOT NULL, password TEXT, password_at BIGINT,
                    totp_secret BYTEA, totp_confirmed BIGINT NOT NULL, totp_step BIGINT NOT NULL);
                CREATE TABLE access_recovery_codes (
                    "user" TEXT NOT NULL, hash BYTEA NOT NULL, PRIMARY KEY ("user", hash));
                CREATE TABLE access_identities (
                    issuer TEXT NOT NULL, subject TEXT NOT NULL, "user" TEXT NOT NULL,
                    PRIMARY KEY (issuer, subject));
                CREATE TABLE access_teams (
                    id TEXT PRIMARY KEY, display_name TEXT NOT NULL, created_at BIGINT NOT NULL);
                CREATE TABLE access_members (
                    team TEXT NOT NULL, "user" TEXT NOT NULL, PRIMARY KEY (team, "user"));
                CREATE TABLE access_tenants (
                    id TEXT PRIMARY KEY, display_name TEXT NOT NULL, created_at BIGINT NOT NULL);
                CREATE TABLE access_keys (
                    id TEXT PRIMARY KEY, "user" TEXT NOT NULL, name TEXT NOT NULL, secret_hash BYTEA NOT NULL,
                    scopes TEXT, models TEXT, priority_max TEXT, created_at BIGINT NOT NULL, expires_at BIGINT,
                    revoked_at BIGINT, replaced_by TEXT, last_used_at BIGINT);
                CREATE INDEX access_keys_by_user ON access_keys ("user");
                CREATE TABLE access_sessions (
                    id TEXT PRIMARY KEY, "user" TEXT NOT NULL, token_hash BYTEA NOT NULL UNIQUE,
                    created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, seen_at BIGINT NOT NULL,
                    address TEXT NOT NULL, agent TEXT NOT NULL);
                CREATE INDEX access_sessions_by_user ON access_sessions ("user");
                CREATE TABLE access_roles (role TEXT PRIMARY KEY, models TEXT NOT NULL)
                """)),
        Migration(
            id: 61, name: "sealed second factors",
            sql: .shared("ALTER TABLE access_users ADD COLUMN totp_sealed TEXT")),
        Migration(
            id: 62, name: "queue weights",
            sql: .shared(
                """
                ALTER TABLE access_users ADD COLUMN weight DOUBLE PRECISION;
                ALTER TABLE access_tenants ADD COLUMN weight DOUBLE PRECISION
                """)),
        Migration(
            id: 63, name: "removed users",
            sql: .shared("CREATE TABLE access_removed (digest BYTEA PRIMARY KEY)")),
        Migration(
            id: 64, name: "sessions at providers",
            sql: .shared("ALTER TABLE access_sessions ADD COLUMN provider TEXT")),
        Migration(
            id: 65, name: "failed sign-ins",
            sql: .shared(
                """
                CREATE TABLE access_failures (key BYTEA PRIMARY KEY, failures BIGINT NOT NULL, last BIGINT NOT NULL);
                CREATE INDEX access_failures_by_last ON access_failures (last)
                """)),
    ]
}
