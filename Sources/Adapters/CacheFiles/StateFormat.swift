import Digests

/// Everything of a state's file but the state.
struct StateHeader: Equatable {
    var tenant: String?
    var adapters = ""
    var tokens: [Int32]
    var start: Int
    var stateBytes: Int
}

/// Why a file was not taken.
enum Refusal: Error, Equatable {
    /// It is gone: another process of the same model made room.
    case missing
    /// Written for another model, by another version, or by another user.
    case foreign(String)
    case damaged(String)
    case unreadable(String)
}

/// The layout of a state's file. Pure.
///
/// Numbers are little-endian: magic (8 bytes), version (4), flags (4), fingerprint (32), bytes of the tenant's name (4), tokens
/// (4), start (4), bytes of what names the adapters (4), bytes of the state (8), the tenant's name, what names the adapters, the
/// tokens (4 each), SHA-256 of all so far, the state, SHA-256 of all so far. The file ends there.
enum StateFormat {
    static let magic = Array("NXSTATE\n".utf8)
    static let version: UInt32 = 1
    static let fixedBytes = 72
    static let digestBytes = SHA256.Digest.byteCount
    static let tenantBytesMax = 1_024
    /// About a thousand adapters at once.
    static let adapterBytesMax = 1 << 17
    /// Four times the longest context that is known today.
    static let tokensMax = 1 << 22
    private static let hasTenant: UInt32 = 1
    /// Only in names, where states without adapters keep the names that they had before there were any.
    private static let hasAdapters: UInt32 = 2

    /// A state is for some tokens at least; or it is nothing at all, which slots can hold.
    private static func isSound(start: Int, tokens: Int, bytes: Int) -> Bool {
        (0..<tokens).contains(start) && bytes > 0 || (start, tokens, bytes) == (0, 0, 0)
    }

    /// Whether a state can have a file at all.
    static func canKeep(_ state: KeptState) -> Bool {
        (state.tenant?.utf8.count ?? 0) <= tenantBytesMax && state.adapters.utf8.count <= adapterBytesMax
            && state.tokens.count <= tokensMax
            && isSound(start: state.start, tokens: state.tokens.count, bytes: state.state.count)
    }

    /// Bytes of the whole file.
    static func fileBytes(_ header: StateHeader) -> Int {
        fixedBytes + (header.tenant?.utf8.count ?? 0) + header.adapters.utf8.count + 4 * header.tokens.count
            + 2 * digestBytes + header.stateBytes
    }

    /// The name of a state: what is the same path of the same tenant has the same.
    static func name(_ header: StateHeader) -> String {
        var bytes: [UInt8] = []
        let flag = header.adapters.isEmpty ? 0 : hasAdapters
        append(flag | (header.tenant == nil ? 0 : hasTenant), to: &bytes)
        append(UInt32(header.tenant?.utf8.count ?? 0), to: &bytes)
        append(UInt32(header.start), to: &bytes)
        bytes += Array((header.tenant ?? "").utf8)
        if !header.adapters.isEmpty {
            append(UInt32(header.adapters.utf8.count), to: &bytes)
            bytes += Array(header.adapters.utf8)
        }
        for token in header.tokens { append(UInt32(bitPattern: token), to: &bytes) }
        return SHA256.digest(of: bytes).hexadecimal
    }

    /// Whether a name may be one that `name(_:)` gave.
    static func isName(_ text: String) -> Bool {
        text.utf8.count == 64
            && text.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }

    /// The file's beginning, up to the state.
    static func encode(_ header: StateHeader, fingerprint: SHA256.Digest) -> [UInt8] {
        var bytes = magic
        bytes.reserveCapacity(fileBytes(header) - header.stateBytes)
        append(version, to: &bytes)
        append(header.tenant == nil ? 0 : hasTenant, to: &bytes)
        bytes += fingerprint.bytes
        let tenant = Array((header.tenant ?? "").utf8)
        append(UInt32(tenant.count), to: &bytes)
        append(UInt32(header.tokens.count), to: &bytes)
        append(UInt32(header.start), to: &bytes)
        append(UInt32(header.adapters.utf8.count), to: &bytes)
        append(UInt32(truncatingIfNeeded: header.stateBytes), to: &bytes)
        append(UInt32(truncatingIfNeeded: header.stateBytes >> 32), to: &bytes)
        bytes += tenant
        bytes += Array(header.adapters.utf8)
        for token in header.tokens { append(UInt32(bitPattern: token), to: &bytes) }
        bytes += SHA256.digest(of: bytes).bytes
        return bytes
    }

    /// How long the beginning is, by the fixed fields of a file.
    ///
    /// - Parameters:
    ///   - fixed: the file's first `fixedBytes`, or all if it has fewer.
    ///   - fileBytes: of the whole file.
    /// - Returns: bytes up to the state.
    /// - Throws: `damaged` when a field is out of its range or the sizes do not add up to the file's; `foreign`.
    static func headBytes(_ fixed: [UInt8], fileBytes: Int) throws(Refusal) -> Int {
        guard fixed.count >= fixedBytes, fixed.starts(with: magic) else { throw .damaged("it is no file of states") }
        let written = number(fixed, at: 8)
        guard written == version else { throw .foreign("its format has the version \(written), not \(version)") }
        let tenantBytes = Int(number(fixed, at: 48))
        let tokens = Int(number(fixed, at: 52))
        let adapterBytes = Int(number(fixed, at: 60))
        let stateBytes = UInt64(number(fixed, at: 64)) | UInt64(number(fixed, at: 68)) << 32
        guard tenantBytes <= tenantBytesMax, adapterBytes <= adapterBytesMax, tokens <= tokensMax,
            stateBytes <= UInt64(fileBytes)
        else {
            throw .damaged("a size in it is out of range")
        }
        let head = fixedBytes + tenantBytes + adapterBytes + 4 * tokens + digestBytes
        guard head + Int(stateBytes) + digestBytes == fileBytes else {
            throw .damaged("its sizes do not add up to \(fileBytes) bytes")
        }
        return head
    }

    /// Reads a file's beginning, of which `headBytes(_:fileBytes:)` gave the length.
    static func decode(_ head: [UInt8], fingerprint: SHA256.Digest) throws(Refusal) -> StateHeader {
        let content = Array(head.dropLast(digestBytes))
        guard SHA256.digest(of: content).bytes == Array(head.suffix(digestBytes)) else {
            throw .damaged("the checksum of its header is wrong")
        }
        guard Array(content[16..<48]) == fingerprint.bytes else { throw .foreign("it was written for another model") }
        let flags = number(content, at: 12)
        let tenantBytes = Int(number(content, at: 48))
        let tokenCount = Int(number(content, at: 52))
        let start = Int(number(content, at: 56))
        let adapterBytes = Int(number(content, at: 60))
        let stateBytes = Int(UInt64(number(content, at: 64)) | UInt64(number(content, at: 68)) << 32)
        let first = fixedBytes + tenantBytes + adapterBytes
        guard flags <= hasTenant, flags == hasTenant || tenantBytes == 0,
            isSound(start: start, tokens: tokenCount, bytes: stateBytes),
            let tenant = String(validating: content[fixedBytes..<(fixedBytes + tenantBytes)], as: UTF8.self),
            let adapters = String(validating: content[(fixedBytes + tenantBytes)..<first], as: UTF8.self)
        else { throw .damaged("a field in it makes no sense") }
        let tokens = (0..<tokenCount).map { Int32(bitPattern: number(content, at: first + 4 * $0)) }
        return StateHeader(
            tenant: flags == hasTenant ? tenant : nil, adapters: adapters, tokens: tokens, start: start,
            stateBytes: stateBytes)
    }

    private static func append(_ number: UInt32, to bytes: inout [UInt8]) {
        for shift in stride(from: 0, to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: number >> UInt32(shift))) }
    }

    private static func number(_ bytes: [UInt8], at offset: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
    }
}
