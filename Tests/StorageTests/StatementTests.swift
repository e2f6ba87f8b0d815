import Storage
import Testing

@Suite struct StatementTests {
    @Test(arguments: Backend.allCases)
    func `every kind of value comes back as it was stored`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            try await database.execute(
                "CREATE TABLE kinds (id BIGINT PRIMARY KEY, whole BIGINT, number DOUBLE PRECISION, words TEXT, bytes BYTEA)"
            )
            let rows: [[SQLValue]] = [
                [1, .integer(.max), .real(0.1), "plain", .blob([0, 1, 255, 92, 39])],
                [2, .integer(.min), .real(-1e300), "ü 😀 'quoted' \"x\" \\ \n", .blob([])],
                [3, nil, nil, nil, nil],
                [4, 0, .real(2), "", .blob(Array(repeating: 0xAB, count: 100_000))],
            ]
            for row in rows {
                try await database.execute("INSERT INTO kinds VALUES ($1, $2, $3, $4, $5)", row)
            }
            let stored = try await database.query("SELECT * FROM kinds ORDER BY id")
            #expect(stored.map(\.values) == rows)
            #expect(stored.first?.columns == ["id", "whole", "number", "words", "bytes"])
        }
    }

    @Test(arguments: Backend.allCases)
    func `a dollar sign inside a literal, a comment or a name is not a parameter`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            let rows = try await database.query(
                """
                SELECT '$1' AS literal, '$2''$3' AS quote, CAST($1 AS TEXT) AS one, CAST($2 AS BIGINT) AS "$9",
                /* $7 */ CAST($1 AS TEXT) AS again -- $8
                """, ["first", 2])
            let row = try #require(rows.first)
            #expect(row.values == ["$1", "$2'$3", "first", 2, "first"])
            #expect(row["$9"] == 2)
        }
    }

    @Test(arguments: Backend.allCases)
    func `parameters are found by number, in any order and beyond nine`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            let sql =
                "SELECT CAST($10 AS BIGINT) AS ten, CAST($1 AS BIGINT) AS one, "
                + "CAST($2 + $3 + $4 + $5 + $6 + $7 + $8 + $9 + $11 AS BIGINT) AS sum"
            let rows = try await database.query(sql, (1...11).map { .integer($0) })
            #expect(rows.map(\.values) == [[10, 1, 55]])
        }
    }

    @Test(arguments: Backend.allCases)
    func `text in a parameter stays text`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            try await database.execute("CREATE TABLE t (x TEXT)")
            let hostile = "'); DROP TABLE t; --"
            try await database.execute("INSERT INTO t VALUES ($1)", [.text(hostile)])
            #expect(try await database.query("SELECT x FROM t WHERE x = $1", [.text(hostile)]).count == 1)
        }
    }

    @Test(arguments: Backend.allCases)
    func `what one database could not keep is refused by both`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            for value in [SQLValue.text("a\0b"), .real(.nan)] {
                let error = try await storageError { _ = try await database.query("SELECT $1 AS x", [value]) }
                #expect(error.code == .typeMismatch)
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func `wrong statements are refused as such`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            try await database.execute("CREATE TABLE t (x BIGINT)")
            let wrong: [(String, [SQLValue])] = [
                ("SELEC 1", []), ("SELECT x FROM missing", []), ("SELECT missing FROM t", []), ("", []),
                ("SELECT 1 AS a; SELECT 2 AS b", []), ("SELECT CAST($2 AS BIGINT) AS x", [1]),
                ("SELECT \"no such name\" FROM t", []),
            ]
            for (sql, parameters) in wrong {
                let error = try await storageError { _ = try await database.query(sql, parameters) }
                #expect(error.code == .syntax, "\(sql): \(error.debugDescription)")
            }
            #expect(try await database.query("SELECT 1 AS x; -- the end").map(\.values) == [[1]])
        }
    }

    @Test(arguments: Backend.allCases)
    func `changes and returned rows are reported`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            #expect(try await database.execute("CREATE TABLE t (id BIGINT PRIMARY KEY, x TEXT)").changes == 0)
            let inserted = try await database.execute(
                "INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c') RETURNING id, x")
            #expect(inserted.changes == 3)
            #expect(inserted.rows.map(\.values) == [[1, "a"], [2, "b"], [3, "c"]])
            #expect(try await database.execute("UPDATE t SET x = $1 WHERE id > $2", ["z", 1]).changes == 2)
            #expect(try await database.execute("DELETE FROM t WHERE id = 9").changes == 0)
            let upsert = "INSERT INTO t VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET x = excluded.x RETURNING x"
            #expect(try await database.execute(upsert, [1, "again"]).rows.map(\.values) == [["again"]])
        }
    }

    @Test(arguments: Backend.allCases)
    func `sums and counts have the same kinds on both`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            try await database.execute("CREATE TABLE t (x BIGINT)")
            try await database.execute("INSERT INTO t VALUES (1), (2), (4)")
            let row = try #require(
                try await database.query("SELECT COUNT(*) AS n, SUM(x) AS s, AVG(x) AS a FROM t").first)
            #expect(try row.decode(Int.self, "n") == 3)
            #expect(try row.decode(Int64.self, "s") == 7)
            #expect(try abs(row.decode(Double.self, "a") - 7.0 / 3.0) < 1e-9)
        }
    }

    @Test(arguments: Backend.allCases)
    func `broken rules of the schema are told apart`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            try await database.execute("CREATE TABLE parent (id BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE)")
            try await database.execute(
                "CREATE TABLE child (parent BIGINT REFERENCES parent (id), age BIGINT CHECK (age >= 0))")
            try await database.execute("INSERT INTO parent VALUES (1, 'secret-name')")
            let cases: [(String, StorageError.Constraint)] = [
                ("INSERT INTO parent VALUES (1, 'other')", .unique),
                ("INSERT INTO parent VALUES (2, 'secret-name')", .unique),
                ("INSERT INTO parent VALUES (3, NULL)", .notNull),
                ("INSERT INTO child VALUES (77, 1)", .foreignKey),
                ("INSERT INTO child VALUES (1, -1)", .check),
            ]
            for (sql, constraint) in cases {
                let error = try await storageError { try await database.execute(sql) }
                #expect(error.code == .constraint(constraint), "\(sql)")
                #expect(error.detail != nil)
                #expect(!error.debugDescription.contains("secret-name"))
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func `a reading connection cannot write`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            try await database.execute("CREATE TABLE t (x BIGINT)")
            let error = try await storageError { _ = try await database.query("INSERT INTO t VALUES (1) RETURNING x") }
            #expect(error.code == .readOnly)
        }
    }

    @Test(arguments: Backend.allCases)
    func `a transaction cannot be begun by a statement`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            try await database.execute("CREATE TABLE t (x BIGINT)")
            let error = try await storageError { try await database.execute("BEGIN") }
            #expect(error.code == .misuse)
            try await database.execute("INSERT INTO t VALUES (1)")
            #expect(try await database.query("SELECT x FROM t").count == 1)
        }
    }

    @Test(arguments: Backend.allCases)
    func `more rows than allowed are refused and the connection goes on`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            try await database.execute("CREATE TABLE t (x BIGINT)")
            try await database.execute("INSERT INTO t VALUES (1), (2), (3)")
            let error = try await storageError { _ = try await database.query("SELECT x FROM t", rowsMax: 2) }
            #expect(error.code == .tooManyRows)
            #expect(try await database.query("SELECT x FROM t", rowsMax: 3).count == 3)
        }
    }

    @Test(arguments: Backend.allCases)
    func `more different statements than the cache holds still work`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            for number in (0..<300).map(Int64.init) + [0, 1, 2] {
                let rows = try await database.query("SELECT \(number) AS x")
                #expect(rows.map(\.values) == [[.integer(number)]])
            }
        }
    }
}
