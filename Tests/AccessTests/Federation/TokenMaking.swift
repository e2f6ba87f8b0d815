import Access
import JSONText

/// Signs with arithmetic instead of cryptography: a signature is a digest of message and key. It tells whether the rules
/// around signatures hold; the mathematics is tested with Cryptography.
struct PretendSignatures: SignatureChecking, TokenSigning {
    func isValid(_ signature: [UInt8], of message: [UInt8], by key: VerificationKey.Material) -> Bool {
        switch key {
        case .ed25519(let x): signature == mix(message, x)
        case .rsa(let modulus, _): signature == mix(message, modulus)
        case .p256(let x, let y): signature == mix(message, x + y)
        }
    }

    func publicKey(seed: [UInt8]) -> [UInt8] { seed.map { $0 ^ 0x5A } }
    func signature(of message: [UInt8], seed: [UInt8]) -> [UInt8] { mix(message, publicKey(seed: seed)) }
    func newSeed() -> [UInt8] { (0..<32).map { _ in UInt8.random(in: 0...255) } }

    func mix(_ message: [UInt8], _ key: [UInt8]) -> [UInt8] {
        var sum: UInt64 = 14_695_981_039_346_656_037
        for byte in message + key { sum = (sum ^ UInt64(byte)) &* 1_099_511_628_211 }
        return (0..<8).map { UInt8(truncatingIfNeeded: sum >> (8 * $0)) }
    }
}

/// Tokens as tests want them, wrong ones above all.
struct TokenForge {
    static let now: Int64 = 1_800_000_000
    static let edKey = VerificationKey(id: "ed", material: .ed25519([UInt8](repeating: 7, count: 32)))
    static let rsaKey = VerificationKey(
        id: "rsa", material: .rsa(modulus: [UInt8](repeating: 0xC5, count: 256), exponent: [1, 0, 1]))
    static let ecKey = VerificationKey(
        id: "ec", material: .p256(x: [UInt8](repeating: 3, count: 32), y: [UInt8](repeating: 4, count: 32)))
    static let keys = VerificationKeys([edKey, rsaKey, ecKey])

    var header: JSONObject = ["alg": "EdDSA", "kid": "ed"]
    var claims: JSONObject = [
        "iss": "https://issuer.example", "aud": "nexus", "sub": "ada", "iat": .integer(now), "exp": .integer(now + 600),
    ]
    var key = edKey

    func with(_ change: (inout TokenForge) -> Void) -> TokenForge {
        var copy = self
        change(&copy)
        return copy
    }

    var text: String {
        let message =
            TokenBase64.encode(JSONValue.object(header).bytes) + "."
            + TokenBase64.encode(JSONValue.object(claims).bytes)
        let secret: [UInt8] =
            switch key.material {
            case .ed25519(let x): x
            case .rsa(let modulus, _): modulus
            case .p256(let x, let y): x + y
            }
        return message + "." + TokenBase64.encode(PretendSignatures().mix(Array(message.utf8), secret))
    }

    static let requirements = TokenRequirements(issuer: "https://issuer.example", audiences: ["nexus"])

    /// As a verifier reads it.
    static func read(_ text: String, keys: VerificationKeys = keys) throws(TokenError) -> TokenClaims {
        let claims = try SignedToken(text).verified(with: keys, by: PretendSignatures())
        try requirements.check(claims, now: now)
        return claims
    }
}
