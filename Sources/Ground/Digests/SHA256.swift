import CCrypto

/// SHA-256 of bytes that come piece by piece (FIPS 180-4), computed by OpenSSL.
@safe
public struct SHA256: ~Copyable {
    /// 32 bytes that tell one content from another.
    public struct Digest: Sendable, Hashable {
        public static let byteCount = 32
        /// `byteCount` of them.
        public let bytes: [UInt8]

        /// 64 lower-case digits.
        public var hexadecimal: String {
            let digits = Array("0123456789abcdef".utf8)
            return String(
                decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
        }
    }

    private let context: OpaquePointer

    public init() {
        // Fails only where there is no memory for a few hundred bytes.
        guard let context = unsafe EVP_MD_CTX_new() else { preconditionFailure("no memory is left for a digest") }
        unsafe self.context = context
        guard unsafe EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            preconditionFailure("every build of libcrypto has SHA-256")
        }
    }

    deinit { unsafe EVP_MD_CTX_free(context) }

    /// Takes the next bytes.
    public mutating func update(_ bytes: RawSpan) {
        let status = unsafe bytes.withUnsafeBytes { buffer in
            unsafe EVP_DigestUpdate(context, buffer.baseAddress, buffer.count)
        }
        precondition(status == 1, "only a context that was finished refuses bytes, and this one was not")
    }

    /// Takes the next bytes.
    public mutating func update(_ bytes: [UInt8]) { unsafe update(bytes.span.bytes) }

    /// The digest of all bytes so far.
    public consuming func finish() -> Digest {
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Digest.byteCount) { buffer, count in
            let status = unsafe EVP_DigestFinal_ex(context, buffer.baseAddress, nil)
            precondition(status == 1, "a context is finished once")
            count = Digest.byteCount
        }
        return Digest(bytes: bytes)
    }

    /// The digest of some bytes.
    public static func digest(of bytes: [UInt8]) -> Digest {
        var hash = SHA256()
        hash.update(bytes)
        return hash.finish()
    }
}
