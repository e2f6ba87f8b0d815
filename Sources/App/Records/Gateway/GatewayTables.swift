import Storage

/// The tables of limits, budgets, prices and usage. Migrations 80 to 84 are theirs.
enum GatewayTables {
    static let migrations = [
        Migration(
            id: 80, name: "limits and prices",
            sql: .shared(
                """
                CREATE TABLE limit_rules (
                    id TEXT PRIMARY KEY, place BIGINT NOT NULL, scope TEXT NOT NULL, subject TEXT, model TEXT,
                    resource TEXT NOT NULL, kind TEXT NOT NULL, amount BIGINT NOT NULL, refill BIGINT NOT NULL,
                    per BIGINT NOT NULL, adaptive BIGINT NOT NULL);
                CREATE TABLE limit_meters (
                    rule TEXT NOT NULL, subject TEXT NOT NULL, level BIGINT NOT NULL, remainder BIGINT NOT NULL,
                    at BIGINT NOT NULL, PRIMARY KEY (rule, subject));
                CREATE TABLE model_prices (
                    model TEXT PRIMARY KEY, input BIGINT NOT NULL, cached_input BIGINT NOT NULL, output BIGINT NOT NULL,
                    engine_second BIGINT NOT NULL)
                """)),
        Migration(
            id: 81, name: "budgets",
            sql: .shared(
                """
                CREATE TABLE budgets (
                    id TEXT PRIMARY KEY, scope TEXT NOT NULL, subject TEXT, unit TEXT NOT NULL, amount BIGINT NOT NULL,
                    period TEXT NOT NULL, hard BIGINT NOT NULL);
                CREATE TABLE budget_accounts (
                    budget TEXT NOT NULL, subject TEXT NOT NULL, period_start BIGINT NOT NULL, spent BIGINT NOT NULL,
                    reserved BIGINT NOT NULL, PRIMARY KEY (budget, subject, period_start));
                CREATE TABLE budget_holds (
                    reservation TEXT NOT NULL, budget TEXT NOT NULL, subject TEXT NOT NULL, period_start BIGINT NOT NULL,
                    amount BIGINT NOT NULL, owner TEXT NOT NULL, PRIMARY KEY (reservation, budget, subject));
                CREATE INDEX budget_holds_owner ON budget_holds (owner);
                CREATE TABLE budget_owners (owner TEXT PRIMARY KEY, expires_at BIGINT NOT NULL)
                """)),
        Migration(
            id: 82, name: "usage ledger",
            sql: .shared(
                """
                CREATE TABLE usage_records (
                    request TEXT NOT NULL, at BIGINT NOT NULL, tenant TEXT NOT NULL, team TEXT NOT NULL,
                    "user" TEXT NOT NULL, "key" TEXT NOT NULL, model TEXT NOT NULL, endpoint TEXT NOT NULL,
                    tag TEXT NOT NULL, outcome TEXT NOT NULL, input_tokens BIGINT NOT NULL,
                    cached_tokens BIGINT NOT NULL, output_tokens BIGINT NOT NULL, reasoning_tokens BIGINT NOT NULL,
                    cost_nanos BIGINT NOT NULL, engine_microseconds BIGINT NOT NULL, first_piece BIGINT,
                    duration BIGINT NOT NULL);
                CREATE INDEX usage_records_at ON usage_records (at);
                CREATE INDEX usage_records_request ON usage_records (request);
                CREATE TABLE usage_sums (
                    span TEXT NOT NULL, start_at BIGINT NOT NULL, tenant TEXT NOT NULL, team TEXT NOT NULL,
                    "user" TEXT NOT NULL, "key" TEXT NOT NULL, model TEXT NOT NULL, endpoint TEXT NOT NULL,
                    tag TEXT NOT NULL, requests BIGINT NOT NULL, failures BIGINT NOT NULL, refusals BIGINT NOT NULL,
                    input_tokens BIGINT NOT NULL, cached_tokens BIGINT NOT NULL, output_tokens BIGINT NOT NULL,
                    reasoning_tokens BIGINT NOT NULL, cost_nanos BIGINT NOT NULL, engine_microseconds BIGINT NOT NULL,
                    PRIMARY KEY (span, start_at, tenant, team, "user", "key", model, endpoint, tag))
                """)),
    ]
}
