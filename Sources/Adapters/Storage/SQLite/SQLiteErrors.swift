internal import CSQLite

extension StorageError {
    /// The error of the last call on a connection. <https://www.sqlite.org/rescode.html>
    ///
    /// SQLite's message names tables, columns and SQL, never a value.
    static func sqlite(_ database: OpaquePointer?, status: Int32, preparing: Bool = false) -> StorageError {
        let extended = unsafe database == nil ? status : unsafe sqlite3_extended_errcode(database)
        let status = extended & 0xff == status & 0xff ? extended : status
        let message = unsafe database == nil ? "" : unsafe String(cString: sqlite3_errmsg(database))
        return StorageError(
            code(sqlite: status, preparing: preparing),
            message.isEmpty ? unsafe String(cString: sqlite3_errstr(status)) : message, detail: "SQLite \(status)")
    }

    /// What an extended result code means.
    ///
    /// - Parameters:
    ///   - status: an extended result code.
    ///   - preparing: whether the statement was being prepared; then the general error code is about its text.
    /// - Returns: the code that both databases share.
    static func code(sqlite status: Int32, preparing: Bool) -> Code {
        switch status {
        case SQLITE_CONSTRAINT | 1 << 8: return .constraint(.check)
        case SQLITE_CONSTRAINT | 3 << 8: return .constraint(.foreignKey)
        case SQLITE_CONSTRAINT | 5 << 8: return .constraint(.notNull)
        case SQLITE_CONSTRAINT | 6 << 8, SQLITE_CONSTRAINT | 8 << 8, SQLITE_CONSTRAINT | 10 << 8:
            return .constraint(.unique)
        case SQLITE_CONSTRAINT | 12 << 8: return .typeMismatch
        case SQLITE_BUSY | 2 << 8: return .serialization
        default: break
        }
        switch status & 0xff {
        case SQLITE_CONSTRAINT: return .constraint(.other)
        case SQLITE_BUSY, SQLITE_LOCKED: return .busy
        case SQLITE_INTERRUPT: return .cancelled
        case SQLITE_FULL: return .full
        case SQLITE_CORRUPT, SQLITE_NOTADB: return .corrupt
        case SQLITE_READONLY: return .readOnly
        case SQLITE_CANTOPEN, SQLITE_IOERR: return .connection
        case SQLITE_MISMATCH, SQLITE_TOOBIG: return .typeMismatch
        case SQLITE_RANGE: return .syntax
        case SQLITE_ERROR: return preparing ? .syntax : .unexpected
        default: return .unexpected
        }
    }
}
