import JSONText

/// Checks and makes signatures. Implemented with libsodium and OpenSSL; called from any thread, and quick.
public protocol SignatureChecking: Sendable {
    /// Whether `signature` is the key's over `message`. False for keys that are malformed or too weak.
    func isValid(_ signature: [UInt8], of message: [UInt8], by key: VerificationKey.Material) -> Bool
}

/// A JSON Web Token in the compact form of JSON Web Signature (RFC 7515, RFC 7519), taken apart and not yet believed.
public struct SignedToken: Sendable {
    /// Bytes. Those of large directories have some thousands; more would only cost time.
    public static let bytesMax = 16 << 10

    let header: JSONObject
    let algorithm: String
    public let keyID: String?
    /// What is signed: the first two parts as they were sent.
    private let message: [UInt8]
    private let payload: [UInt8]
    private let signature: [UInt8]

    /// Takes a token apart.
    ///
    /// - Throws: ``TokenError`` with `tooLarge`, `malformed`, `critical`, or `algorithm` for `none` and shared secrets.
    public init(_ text: String) throws(TokenError) {
        guard text.utf8.count <= Self.bytesMax else {
            throw TokenError(.tooLarge, "The token has more than \(Self.bytesMax) bytes.")
        }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty, !parts[1].isEmpty else {
            throw TokenError(.malformed, "The token does not have three parts.")
        }
        guard let head = TokenBase64.decode(parts[0]), let payload = TokenBase64.decode(parts[1]),
            let signature = TokenBase64.decode(parts[2])
        else { throw TokenError(.malformed, "A part of the token is not base 64 for URLs.") }
        header = try Self.object(head, named: "header")
        guard let algorithm = header["alg"]?.string else { throw TokenError(.malformed, "The token has no algorithm.") }
        // `none` and HS… would let anybody who knows a public key sign with it.
        guard ["EdDSA", "Ed25519", "RS256", "ES256"].contains(algorithm) else {
            throw TokenError(.algorithm, "The token's algorithm is not allowed; EdDSA, ES256 and RS256 are.")
        }
        guard header["crit"] == nil else {
            throw TokenError(.critical, "The token has critical extensions, which this server does not know.")
        }
        switch header["kid"] {
        case nil: keyID = nil
        case .string(let id) where id.utf8.count <= 256: keyID = id
        default: throw TokenError(.malformed, "The token's key id is not a text of up to 256 bytes.")
        }
        // RFC 9864 gives EdDSA with this curve a name of its own.
        self.algorithm = algorithm == "Ed25519" ? "EdDSA" : algorithm
        self.payload = payload
        self.signature = signature
        message = Array(text.utf8.prefix(parts[0].utf8.count + 1 + parts[1].utf8.count))
    }

    /// The issuer that the token claims, to choose whose keys are tried. Nothing else may be made of it.
    public func claimedIssuer() throws(TokenError) -> String? {
        try Self.object(payload, named: "payload")["iss"]?.string
    }

    /// The claims, once the signature has been checked with one of the issuer's keys.
    ///
    /// - Parameters:
    ///   - keys: the issuer's.
    ///   - checker: does the mathematics.
    /// - Returns: what the token says; its times and addressees are still to be checked.
    /// - Throws: ``TokenError`` with `unknownKey`, `algorithm`, `signature` or `malformed`.
    public func verified(
        with keys: VerificationKeys, by checker: some SignatureChecking
    ) throws(TokenError) -> TokenClaims {
        guard let key = keys.key(id: keyID, algorithm: algorithm) else {
            throw TokenError(.unknownKey, "The token was signed with a key that its issuer does not have.")
        }
        guard key.algorithm == algorithm else {
            throw TokenError(.algorithm, "The token's algorithm is not that of its key.")
        }
        guard checker.isValid(signature, of: message, by: key.material) else {
            throw TokenError(.signature, "The token's signature is wrong.")
        }
        return TokenClaims(try Self.object(payload, named: "payload"), type: header["typ"]?.string)
    }

    private static func object(_ bytes: [UInt8], named name: String) throws(TokenError) -> JSONObject {
        do {
            if let object = try JSONValue.parse(bytes, depthMax: 32).object { return object }
        } catch {
            // The words of the parser quote the token; the sentence below does not.
        }
        throw TokenError(.malformed, "The token's \(name) is not a JSON object.")
    }
}
