import CCrypto

/// SHA-1 of bytes that come piece by piece (FIPS 180-4), computed by OpenSSL. It proves nothing against an attacker; git
/// names contents by it.
@safe
public struct SHA1: ~Copyable {
    private static let byteCount = 20
    private let context: OpaquePointer

    public init() {
        // Fails only where there is no memory for a few hundred bytes.
        guard let context = unsafe EVP_MD_CTX_new() else { preconditionFailure("no memory is left for a digest") }
        unsafe self.context = context
        guard unsafe EVP_DigestInit_ex(context, EVP_sha1(), nil) == 1 else {
            preconditionFailure("every build of libcrypto has SHA-1")
        }
    }

    deinit { unsafe EVP_MD_CTX_free(context) }

    /// Takes the next bytes.
    public mutating func update(_ bytes: [UInt8]) {
        let status = unsafe bytes.withUnsafeBytes { buffer in
            unsafe EVP_DigestUpdate(context, buffer.baseAddress, buffer.count)
        }
        precondition(status == 1, "only a context that was finished refuses bytes, and this one was not")
    }

    /// The digest of all bytes so far, as 40 lower-case digits.
    public consuming func finish() -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: finishBytes().flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The digest of all bytes so far: 20 bytes.
    public consuming func finishBytes() -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: Self.byteCount) { buffer, count in
            let status = unsafe EVP_DigestFinal_ex(context, buffer.baseAddress, nil)
            precondition(status == 1, "a context is finished once")
            count = Self.byteCount
        }
    }
}
