internal import CPostgres

/// One result from libpq; clears itself exactly once.
@safe
struct PostgresResult: ~Copyable {
    enum Kind {
        case row
        /// The end of a query's rows or of a statement without rows, with the number of rows that it changed.
        case end(changes: Int)
        case failed(StorageError)
        /// The statement wants to copy data through the connection, which this module does not do.
        case copying
    }

    private let handle: OpaquePointer
    let kind: Kind

    /// Takes ownership of `handle`, a result of `connection`.
    init(owning handle: OpaquePointer, from connection: OpaquePointer) {
        unsafe self.handle = handle
        switch unsafe PQresultStatus(handle) {
        case PGRES_SINGLE_TUPLE:
            kind = .row
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
            kind = .end(changes: unsafe Self.changes(handle))
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
            kind = .copying
        default:
            kind = .failed(unsafe StorageError.postgres(result: handle, connection: connection))
        }
    }

    deinit { unsafe PQclear(handle) }

    /// `PQcmdTuples` also counts the rows of a SELECT; only changes count here.
    private static func changes(_ handle: OpaquePointer) -> Int {
        guard let status = unsafe PQcmdStatus(handle), let count = unsafe PQcmdTuples(handle) else { return 0 }
        guard unsafe !String(cString: status).hasPrefix("SELECT") else { return 0 }
        return Int(unsafe String(cString: count)) ?? 0
    }

    var isEmptyQuery: Bool { unsafe PQresultStatus(handle) == PGRES_EMPTY_QUERY }

    var columns: [String] {
        unsafe (0..<PQnfields(handle)).map { unsafe String(cString: PQfname(handle, $0)) }
    }

    /// The values of the only row.
    var values: [SQLValue] {
        unsafe (0..<PQnfields(handle)).map { column in
            guard unsafe PQgetisnull(handle, 0, column) == 0, let start = unsafe PQgetvalue(handle, 0, column) else {
                return .null
            }
            let count = Int(unsafe PQgetlength(handle, 0, column))
            return unsafe start.withMemoryRebound(to: UInt8.self, capacity: count) { bytes in
                unsafe PostgresType.value(
                    type: PQftype(handle, column), text: UnsafeBufferPointer(start: bytes, count: count))
            }
        }
    }
}
