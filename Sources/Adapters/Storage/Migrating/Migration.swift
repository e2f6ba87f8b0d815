/// One step of the schema's history. Once released it never changes; a later step corrects it.
public struct Migration: Sendable, Equatable {
    /// Orders the steps: 1, 2, 3, …; gaps are allowed.
    public let id: Int64
    public let name: String
    /// Statements separated by semicolons. They run in a transaction and must not begin or end one.
    public let sql: DialectSQL

    public init(id: Int64, name: String, sql: DialectSQL) {
        self.id = id
        self.name = name
        self.sql = sql
    }

    /// Tells whether a released step was edited afterwards: FNV-1a, 64 bits, of the text for this database. It protects
    /// against mistakes, not against malice. Source: <http://www.isthe.com/chongo/tech/comp/fnv/>
    func checksum(for dialect: Dialect) -> String {
        let hash = sql.text(for: dialect).utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { hash, byte in
            (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// What a migration run did.
public struct MigrationReport: Sendable, Equatable {
    /// The steps that were applied now, in order; empty when the schema was up to date.
    public let applied: [Int64]
    /// The copy of the database from before, when one was made.
    public let snapshotPath: String?
}
