/// What Redis answers to one command (RESP2). <https://redis.io/docs/latest/develop/reference/protocol-spec/>
public enum RedisReply: Sendable, Equatable {
    /// There is nothing: a key that is not set, a condition that did not hold.
    case nothing
    /// A word such as `OK`.
    case status(String)
    case integer(Int64)
    case bytes([UInt8])
    case list([RedisReply])
    /// Inside a list only, as of a command of a transaction; alone it is thrown.
    case failure(RedisError)

    /// - Throws: `.unexpected` when it is no integer, nor digits.
    public func integerValue() throws(RedisError) -> Int64 {
        switch self {
        case .integer(let value): return value
        case .bytes(let bytes):
            guard let value = Int64(String(decoding: bytes, as: UTF8.self)) else { throw mismatch("an integer") }
            return value
        default: throw mismatch("an integer")
        }
    }

    /// The bytes of a value; `nil` for `nothing`.
    ///
    /// - Throws: `.unexpected` when it is no string.
    public func bytesValue() throws(RedisError) -> [UInt8]? {
        switch self {
        case .nothing: return nil
        case .bytes(let bytes): return bytes
        case .status(let word): return Array(word.utf8)
        default: throw mismatch("a string")
        }
    }

    /// - Throws: `.unexpected` when it is no list.
    public func listValue() throws(RedisError) -> [RedisReply] {
        guard case .list(let replies) = self else { throw mismatch("a list") }
        return replies
    }

    private func mismatch(_ wanted: String) -> RedisError {
        if case .failure(let error) = self { return error }
        return RedisError(.unexpected, "Redis answered something else than \(wanted)")
    }
}
