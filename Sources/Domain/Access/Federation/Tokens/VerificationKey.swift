public import JSONText

/// The public half of a key that others sign tokens with. Its kind decides the algorithm; a token is never asked.
public struct VerificationKey: Sendable, Equatable {
    public enum Material: Sendable, Equatable {
        /// 32 bytes (RFC 8037).
        case ed25519([UInt8])
        /// Two numbers, most significant byte first (RFC 7518, section 6.3).
        case rsa(modulus: [UInt8], exponent: [UInt8])
        /// The coordinates of a point of the curve P-256, 32 bytes each (RFC 7518, section 6.2).
        case p256(x: [UInt8], y: [UInt8])
    }

    /// What tokens call the key; at most 256 bytes.
    public let id: String?
    public let material: Material

    public init(id: String?, material: Material) {
        self.id = id
        self.material = material
    }

    /// The only `alg` of tokens that are signed with it.
    public var algorithm: String {
        switch material {
        case .ed25519: "EdDSA"
        case .rsa: "RS256"
        case .p256: "ES256"
        }
    }

    /// Reads a JSON Web Key (RFC 7517); `nil` for one that this server does not check signatures with: another kind, one
    /// for encryption, another algorithm, a shared secret.
    public init?(json: JSONValue) {
        guard let object = json.object, let kind = object["kty"]?.string else { return nil }
        if let use = object["use"], use != "sig" { return nil }
        if let operations = object["key_ops"]?.array, !operations.contains("verify") { return nil }
        switch kind {
        case "OKP":
            guard object["crv"] == "Ed25519", let x = Self.bytes(object["x"]), x.count == 32 else { return nil }
            material = .ed25519(x)
        case "RSA":
            guard let modulus = Self.bytes(object["n"]), let exponent = Self.bytes(object["e"]) else { return nil }
            guard modulus.count <= 1_024, exponent.count <= 8 else { return nil }
            material = .rsa(modulus: modulus, exponent: exponent)
        case "EC":
            guard object["crv"] == "P-256", let x = Self.bytes(object["x"]), x.count == 32,
                let y = Self.bytes(object["y"]), y.count == 32
            else { return nil }
            material = .p256(x: x, y: y)
        default: return nil
        }
        switch object["kid"] {
        case nil, .null: id = nil
        case .string(let text) where (1...256).contains(text.utf8.count): id = text
        default: return nil
        }
        if let algorithm = object["alg"]?.string, algorithm != self.algorithm, algorithm != "Ed25519" { return nil }
    }

    /// As a JSON Web Key, for others to check with.
    public var json: JSONValue {
        var object: JSONObject =
            switch material {
            case .ed25519(let x): ["kty": "OKP", "crv": "Ed25519", "x": .string(TokenBase64.encode(x))]
            case .p256(let x, let y):
                [
                    "kty": "EC", "crv": "P-256", "x": .string(TokenBase64.encode(x)),
                    "y": .string(TokenBase64.encode(y)),
                ]
            case .rsa(let modulus, let exponent):
                [
                    "kty": "RSA", "n": .string(TokenBase64.encode(modulus)), "e": .string(TokenBase64.encode(exponent)),
                ]
            }
        object["use"] = "sig"
        object["alg"] = .string(algorithm)
        if let id { object["kid"] = .string(id) }
        return .object(object)
    }

    private static func bytes(_ value: JSONValue?) -> [UInt8]? { value?.string.flatMap { TokenBase64.decode($0) } }
}

/// The keys of one issuer: a JSON Web Key Set.
public struct VerificationKeys: Sendable, Equatable {
    /// More than any issuer needs while it changes from one key to the next.
    public static let countMax = 64
    /// Bytes of a document with keys.
    public static let bytesMax = 256 << 10

    public let keys: [VerificationKey]

    public init(_ keys: [VerificationKey]) { self.keys = keys }

    /// Reads `{"keys": […]}`; keys that are of no use here are left out.
    ///
    /// - Throws: ``TokenError`` when the document is too large, is no key set or has more than 64 keys.
    public init(document: [UInt8]) throws(TokenError) {
        guard document.count <= Self.bytesMax else {
            throw TokenError(.tooLarge, "The issuer's key set has more than \(Self.bytesMax) bytes.")
        }
        let members: [JSONValue]
        do {
            guard let found = try JSONValue.parse(document, depthMax: 16)["keys"]?.array else {
                throw TokenError(.malformed, "The issuer's key set has no member 'keys'.")
            }
            members = found
        } catch let error as TokenError {
            throw error
        } catch {
            throw TokenError(.malformed, "The issuer's key set is not valid JSON.")
        }
        guard members.count <= Self.countMax else {
            throw TokenError(.tooLarge, "The issuer's key set has more than \(Self.countMax) keys.")
        }
        keys = members.compactMap { VerificationKey(json: $0) }
    }

    /// The key that a token names; where it names none, the only one of its algorithm.
    func key(id: String?, algorithm: String) -> VerificationKey? {
        if let id { return keys.first { $0.id == id } }
        let suitable = keys.filter { $0.algorithm == algorithm }
        return suitable.count == 1 ? suitable[0] : nil
    }

    public var json: JSONValue { ["keys": .array(keys.map(\.json))] }
}
