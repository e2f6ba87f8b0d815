internal import CSQLite

/// One prepared statement. Confined to its connection's thread and kept in its ``SQLiteConnection``'s cache.
@safe
final class SQLiteStatement {
    private let handle: OpaquePointer
    /// For each place of the statement, which of the caller's parameters goes there: `$3` is 2.
    private let positions: [Int]
    private let parameterCount: Int
    /// Use counter for the cache.
    var lastUse: UInt64 = 0

    /// Takes ownership of `handle`.
    init(owning handle: OpaquePointer) throws(StorageError) {
        unsafe self.handle = handle
        var positions: [Int] = []
        for place in unsafe 0..<sqlite3_bind_parameter_count(handle) {
            let name = unsafe sqlite3_bind_parameter_name(handle, place + 1).map { unsafe String(cString: $0) } ?? "?"
            guard name.first == "$", let number = Int(name.dropFirst()), number > 0, name.dropFirst().first != "0"
            else {
                unsafe sqlite3_finalize(handle)
                throw StorageError(.syntax, "parameters are written $1, $2, …; this one is '\(name)'")
            }
            positions.append(number - 1)
        }
        self.positions = positions
        parameterCount = (positions.max() ?? -1) + 1
    }

    deinit { unsafe sqlite3_finalize(handle) }

    func bind(_ parameters: [SQLValue]) throws(StorageError) {
        guard parameters.count == parameterCount else {
            throw StorageError(
                .syntax, "the statement has \(parameterCount) parameters, \(parameters.count) were given")
        }
        for place in positions.indices {
            let status = bind(parameters[positions[place]], place: Int32(place + 1))
            guard status == SQLITE_OK else { throw error(status) }
        }
    }

    private func bind(_ value: SQLValue, place: Int32) -> Int32 {
        // SQLITE_TRANSIENT: SQLite copies the bytes before the call returns. The macro is a cast that Swift cannot import.
        let transient = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        switch value {
        case .null:
            return unsafe sqlite3_bind_null(handle, place)
        case .integer(let whole):
            return unsafe sqlite3_bind_int64(handle, place, whole)
        case .real(let number):
            return unsafe sqlite3_bind_double(handle, place, number)
        case .text(let text):
            var text = text
            return text.withUTF8 { bytes in
                unsafe bytes.withMemoryRebound(to: CChar.self) { characters in
                    guard let start = characters.baseAddress else {
                        return unsafe sqlite3_bind_text64(handle, place, "", 0, transient, UInt8(SQLITE_UTF8))
                    }
                    return unsafe sqlite3_bind_text64(
                        handle, place, start, UInt64(characters.count), transient, UInt8(SQLITE_UTF8))
                }
            }
        case .blob(let bytes):
            guard !bytes.isEmpty else { return unsafe sqlite3_bind_zeroblob(handle, place, 0) }
            return unsafe bytes.withUnsafeBytes { raw in
                unsafe sqlite3_bind_blob64(handle, place, raw.baseAddress, UInt64(raw.count), transient)
            }
        }
    }

    /// Runs to the next row; `false` at the end.
    func step() throws(StorageError) -> Bool {
        switch unsafe sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let status: throw error(status)
        }
    }

    /// The columns' names. Valid after the first step: a change of the schema may rename them until then.
    var columns: [String] {
        unsafe (0..<sqlite3_column_count(handle)).map { column in
            unsafe sqlite3_column_name(handle, column).map { unsafe String(cString: $0) } ?? ""
        }
    }

    /// The values of the row that the last step found.
    var values: [SQLValue] {
        unsafe (0..<sqlite3_column_count(handle)).map(value(at:))
    }

    private func value(at column: Int32) -> SQLValue {
        switch unsafe sqlite3_column_type(handle, column) {
        case SQLITE_INTEGER:
            return .integer(unsafe sqlite3_column_int64(handle, column))
        case SQLITE_FLOAT:
            return .real(unsafe sqlite3_column_double(handle, column))
        case SQLITE_TEXT:
            // The C contract: take the pointer first, then its length.
            let start = unsafe sqlite3_column_text(handle, column)
            let count = Int(unsafe sqlite3_column_bytes(handle, column))
            return .text(unsafe String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self))
        case SQLITE_BLOB:
            let start = unsafe sqlite3_column_blob(handle, column)
            let count = Int(unsafe sqlite3_column_bytes(handle, column))
            return .blob(unsafe Array(UnsafeRawBufferPointer(start: start, count: count)))
        default:
            return .null
        }
    }

    /// Ends the execution and forgets the parameters. An error that it reports was reported by `step` before.
    func reset() {
        unsafe sqlite3_reset(handle)
        unsafe sqlite3_clear_bindings(handle)
    }

    private func error(_ status: Int32) -> StorageError {
        unsafe StorageError.sqlite(sqlite3_db_handle(handle), status: status)
    }
}
