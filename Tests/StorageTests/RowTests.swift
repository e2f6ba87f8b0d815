@testable import Storage
import Testing

private enum Colour: String, SQLConvertible { case red, green }

private struct Key: RowDecodable, Equatable {
    let id: Int64
    let colour: Colour?

    init(row: Row) throws(StorageError) {
        id = try row.decode("id")
        colour = try row.decode("colour")
    }
}

@Suite struct RowTests {
    private let row = Row(columns: ["id", "name", "flag", "none"], values: [7, "red", 1, nil])

    @Test func `columns become Swift values`() throws {
        #expect(try row.decode(Int64.self, "id") == 7)
        #expect(try row.decode(String.self, "name") == "red")
        #expect(try row.decode(Colour.self, "name") == .red)
        #expect(try row.decode(Bool.self, "flag"))
        #expect(try row.decode(String?.self, "none") == nil)
        #expect(try row.decode(Int?.self, "id") == 7)
        #expect(try row.decode(Timestamp.self, "id") == Timestamp(microseconds: 7))
        #expect(try row.decode(Double.self, "id") == 7)
    }

    @Test func `an error names the column, what was found and what was wanted`() throws {
        let mismatch = #expect(throws: StorageError.self) { _ = try row.decode(Int64.self, "name") }
        #expect(mismatch?.code == .typeMismatch)
        #expect(mismatch?.message == "column 'name' holds text, not an integer")
        let null = #expect(throws: StorageError.self) { _ = try row.decode(String.self, "none") }
        #expect(null?.message == "column 'none' holds null, not text")
        let missing = #expect(throws: StorageError.self) { _ = try row.decode(String.self, "nome") }
        #expect(missing?.message == "no column 'nome'; the row has id, name, flag, none")
        #expect(throws: StorageError.self) { _ = try row.decode(Bool.self, "id") }
        #expect(throws: StorageError.self) { _ = try row.decode(Colour?.self, "id") }
        #expect(throws: StorageError.self) { _ = try row.decodeOnly(Int.self) }
    }

    @Test(arguments: Backend.allCases)
    func `rows are read as values of a type`(backend: Backend) async throws {
        try await withDatabase(backend) { database in
            try await database.execute("CREATE TABLE keys (id BIGINT, colour TEXT)")
            try await database.execute(
                "INSERT INTO keys VALUES (1, $1), (2, $2)", [SQLValue(Colour.green), SQLValue(Colour?.none)])
            let keys = try await database.query(as: Key.self, "SELECT * FROM keys ORDER BY id")
            #expect(keys.map(\.colour) == [.green, nil])
            let count = try await database.query("SELECT COUNT(*) AS n FROM keys").first?.decodeOnly(Int.self)
            #expect(count == 2)
        }
    }

    @Test func `settings never show the connection text`() {
        let settings = PostgresSettings(connectionText: "postgresql://me:hunter2@host/db")
        var dumped = ""
        dump(settings, to: &dumped)
        for text in [dumped, "\(settings)", String(reflecting: settings)] { #expect(!text.contains("hunter2")) }
    }
}
