import Access
import Cryptography

/// The mathematics of tokens, by libsodium and OpenSSL.
struct SodiumSignatures: SignatureChecking, TokenSigning {
    func isValid(_ signature: [UInt8], of message: [UInt8], by key: VerificationKey.Material) -> Bool {
        switch key {
        case .ed25519(let x): Ed25519.isValid(signature, of: message, by: x)
        case .p256(let x, let y): P256.isValid(signature, of: message, x: x, y: y)
        case .rsa(let modulus, let exponent):
            RSA.isValid(signature, of: message, modulus: modulus, exponent: exponent)
        }
    }

    func publicKey(seed: [UInt8]) -> [UInt8] { Self.key(seed).publicKey }

    func signature(of message: [UInt8], seed: [UInt8]) -> [UInt8] { Self.key(seed).signature(of: message) }

    func newSeed() -> [UInt8] { SecureRandom.bytes(Ed25519.seedByteCount) }

    private static func key(_ seed: [UInt8]) -> Ed25519.PrivateKey {
        guard let key = Ed25519.PrivateKey(seed: seed) else {
            preconditionFailure("seeds are made with 32 bytes, and read only where they have 32 bytes")
        }
        return key
    }
}
