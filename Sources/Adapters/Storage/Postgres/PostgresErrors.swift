internal import CPostgres

extension StorageError {
    /// What an SQLSTATE means. <https://www.postgresql.org/docs/15/errcodes-appendix.html>
    static func code(sqlState: String) -> Code {
        switch sqlState {
        case "23505": return .constraint(.unique)
        case "23503": return .constraint(.foreignKey)
        case "23502": return .constraint(.notNull)
        case "23514": return .constraint(.check)
        case "40001", "40P01": return .serialization
        case "55P03": return .busy
        case "57014": return .timeout
        case "42804", "42846": return .typeMismatch
        case "53100": return .full
        case "08P01": return .syntax  // another number of parameters than the statement has
        case "25006": return .readOnly
        default: break
        }
        switch sqlState.prefix(2) {
        case "08", "28", "3D", "53": return .connection
        case "57": return sqlState.hasPrefix("57P") ? .connection : .unexpected
        case "22": return .typeMismatch
        case "23": return .constraint(.other)
        case "25", "2D", "3B": return .misuse
        case "42": return .syntax
        case "XX": return sqlState == "XX001" || sqlState == "XX002" ? .corrupt : .unexpected
        default: return .unexpected
        }
    }

    /// The error that a result carries, or the connection's when it carries none.
    ///
    /// Only the primary message is kept, and not even that for data errors (class 22): it quotes the value.
    static func postgres(result: OpaquePointer?, connection: OpaquePointer) -> StorageError {
        guard let state = unsafe field(result, nexus_pg_diag_sqlstate) else {
            return StorageError(.connection, "the connection to PostgreSQL was lost")
        }
        let message = unsafe state.hasPrefix("22") ? nil : field(result, nexus_pg_diag_message_primary)
        return StorageError(
            code(sqlState: state), message ?? "a value does not fit its place", detail: "SQLSTATE \(state)")
    }

    private static func field(_ result: OpaquePointer?, _ code: Int32) -> String? {
        guard let result = unsafe result, let text = unsafe PQresultErrorField(result, code) else { return nil }
        return unsafe String(cString: text)
    }
}
