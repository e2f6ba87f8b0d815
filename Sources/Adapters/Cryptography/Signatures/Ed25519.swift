import CSodium

/// Signatures with keys of the curve Ed25519 (RFC 8032), by libsodium.
///
/// libsodium refuses keys of small order and signatures that are written in more than one way.
public enum Ed25519 {
    /// Bytes of what a private key is made from.
    public static let seedByteCount = 32
    public static let publicKeyByteCount = 32
    public static let signatureByteCount = 64

    /// A key pair. Printing it, or anything that contains it, shows only the public half.
    public struct PrivateKey: Sendable, CustomStringConvertible, CustomReflectable {
        /// What the pair is made from: the secret. 32 bytes.
        public let seed: [UInt8]
        /// 32 bytes.
        public let publicKey: [UInt8]
        /// Seed and public key together, as libsodium signs with.
        private let expanded: [UInt8]

        /// The pair of a seed; `nil` when it has not 32 bytes.
        public init?(seed: [UInt8]) {
            guard seed.count == Ed25519.seedByteCount else { return nil }
            var publicKey = [UInt8](repeating: 0, count: Ed25519.publicKeyByteCount)
            var expanded = [UInt8](repeating: 0, count: 64)
            // Cannot fail: the three buffers have the sizes that the function writes and reads.
            guard unsafe crypto_sign_seed_keypair(&publicKey, &expanded, seed) == 0 else { return nil }
            self.seed = seed
            self.publicKey = publicKey
            self.expanded = expanded
        }

        /// The signature of a message: 64 bytes, always the same for the same key and message.
        public func signature(of message: [UInt8]) -> [UInt8] {
            var signature = [UInt8](repeating: 0, count: Ed25519.signatureByteCount)
            let status = unsafe crypto_sign_detached(
                &signature, nil, message, UInt64(message.count), expanded)
            precondition(status == 0, "signing with a complete key does not fail")
            return signature
        }

        public var description: String { "Ed25519 private key" }
        public var customMirror: Mirror { Mirror(self, children: ["publicKey": publicKey]) }
    }

    /// Whether a signature is the key's. False, too, for keys and signatures of the wrong size.
    ///
    /// - Parameters:
    ///   - signature: 64 bytes.
    ///   - message: what was signed.
    ///   - publicKey: 32 bytes.
    /// - Returns: whether it is right.
    public static func isValid(_ signature: [UInt8], of message: [UInt8], by publicKey: [UInt8]) -> Bool {
        guard signature.count == signatureByteCount, publicKey.count == publicKeyByteCount else { return false }
        return unsafe crypto_sign_verify_detached(signature, message, UInt64(message.count), publicKey) == 0
    }
}
