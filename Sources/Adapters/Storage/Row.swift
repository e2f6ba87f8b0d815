/// One row of a result: the columns' names and values, in the order of the query.
public struct Row: Sendable, Equatable {
    public let columns: [String]
    public let values: [SQLValue]

    init(columns: [String], values: [SQLValue]) {
        self.columns = columns
        self.values = values
    }

    /// The value of the first column with this name, or `nil` when there is no such column.
    public subscript(column: String) -> SQLValue? {
        columns.firstIndex(of: column).map { values[$0] }
    }

    /// The value of a column as a Swift type; an optional type takes NULL.
    ///
    /// - Parameters:
    ///   - type: what the column must hold.
    ///   - column: the column's name as the query gives it. Give computed columns a name with `AS`.
    /// - Returns: the value.
    /// - Throws: `.typeMismatch` that names the column, what was found and what was wanted.
    public func decode<T: SQLConvertible>(_ type: T.Type, _ column: String) throws(StorageError) -> T {
        guard let found = self[column] else {
            throw StorageError(
                .typeMismatch, "no column '\(column)'; the row has \(columns.joined(separator: ", "))")
        }
        guard let value = T(sqlValue: found) else {
            throw StorageError(.typeMismatch, "column '\(column)' holds \(found.kind), not \(T.sqlKind)")
        }
        return value
    }

    /// The same, with the type inferred: `let id: Int64 = try row.decode("id")`.
    public func decode<T: SQLConvertible>(_ column: String) throws(StorageError) -> T { try decode(T.self, column) }

    /// The value of the only column of a row, such as a count.
    public func decodeOnly<T: SQLConvertible>(_ type: T.Type = T.self) throws(StorageError) -> T {
        guard columns.count == 1, let column = columns.first else {
            throw StorageError(.typeMismatch, "the row has \(columns.count) columns, not one")
        }
        return try decode(type, column)
    }
}

/// A type that is read from a row.
public protocol RowDecodable {
    init(row: Row) throws(StorageError)
}

/// What a statement did.
public struct Outcome: Sendable, Equatable {
    /// The rows of a query or of a `RETURNING` clause.
    public let rows: [Row]
    /// How many rows were inserted, updated or deleted by the statement itself.
    public let changes: Int
}
