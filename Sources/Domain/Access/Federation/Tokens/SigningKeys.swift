public import JSONText

/// Makes the server's own signatures. Implemented with libsodium.
public protocol TokenSigning: Sendable {
    /// The public half of the key that a seed of 32 bytes makes.
    func publicKey(seed: [UInt8]) -> [UInt8]
    /// The Ed25519 signature of a message.
    func signature(of message: [UInt8], seed: [UInt8]) -> [UInt8]
    /// 32 bytes that nobody can guess.
    func newSeed() -> [UInt8]
}

/// The server's own keys: the one that signs, and those before it whose tokens may still be in use.
public struct SigningKeys: Sendable, Equatable {
    /// One key pair of the curve Ed25519.
    public struct Key: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
        public let id: String
        /// The secret; 32 bytes.
        public let seed: [UInt8]
        public let publicKey: [UInt8]
        /// Unix time in seconds.
        public let createdAt: Int64

        public var description: String { "key \(id)" }
        public var customMirror: Mirror { Mirror(self, children: ["id": id]) }
        var verification: VerificationKey { VerificationKey(id: id, material: .ed25519(publicKey)) }
    }

    public private(set) var current: Key
    /// Newest first.
    public private(set) var previous: [Key]
    /// Keys that are kept beside the current one; the oldest goes first.
    public static let previousMax = 4

    /// A first key.
    public init(now: Int64, signer: some TokenSigning) {
        current = Self.make(now: now, signer)
        previous = []
    }

    /// Makes a new key the one that signs, and drops those whose last token has expired.
    ///
    /// - Parameters:
    ///   - now: Unix time in seconds.
    ///   - lifetimeMax: how long a token may live, in seconds.
    ///   - signer: makes the key.
    public mutating func rotate(now: Int64, lifetimeMax: Int64, signer: some TokenSigning) {
        let former = current
        current = Self.make(now: now, signer)
        // The key before the former one signed until the former one was made.
        let older = former.createdAt + lifetimeMax + 600 < now ? [] : previous
        previous = Array(([former] + older).prefix(Self.previousMax))
    }

    /// The same keys, with another one whose tokens may still be in use.
    ///
    /// - Parameter key: it signs nothing more.
    /// - Returns: `nil` when it is among them already.
    public func believing(_ key: Key) -> SigningKeys? {
        guard current != key, !previous.contains(key) else { return nil }
        var keys = self
        keys.previous = Array(([key] + previous).prefix(Self.previousMax))
        return keys
    }

    /// What others check the server's tokens with.
    public var verification: VerificationKeys {
        VerificationKeys([current.verification] + previous.map(\.verification))
    }

    private static func make(now: Int64, _ signer: some TokenSigning) -> Key {
        let seed = signer.newSeed()
        let publicKey = signer.publicKey(seed: seed)
        // Part of the public key itself names it: no two have the same name, and it tells nothing new.
        return Key(
            id: "k_" + TokenBase64.encode(publicKey.prefix(9)), seed: seed, publicKey: publicKey, createdAt: now)
    }

    // MARK: Keeping

    /// With the secrets, for a place that nobody else can read.
    public var json: JSONValue {
        [
            "version": 1,
            "keys": .array(
                ([current] + previous).map { key in
                    ["seed": .string(TokenBase64.encode(key.seed)), "created_at": .integer(key.createdAt)]
                }),
        ]
    }

    /// Reads what ``json`` wrote; `nil` when it is something else.
    public init?(json: JSONValue, signer: some TokenSigning) {
        guard json["version"] == 1, let members = json["keys"]?.array,
            (1...(1 + Self.previousMax)).contains(members.count)
        else { return nil }
        let keys = members.compactMap { member -> Key? in
            guard let seed = member["seed"]?.string.flatMap({ TokenBase64.decode($0) }), seed.count == 32,
                let createdAt = member["created_at"]?.integer
            else { return nil }
            let publicKey = signer.publicKey(seed: seed)
            return Key(
                id: "k_" + TokenBase64.encode(publicKey.prefix(9)), seed: seed, publicKey: publicKey,
                createdAt: createdAt)
        }
        guard keys.count == members.count else { return nil }
        current = keys[0]
        previous = Array(keys.dropFirst())
    }
}

extension SigningKeys {
    /// A signed token with the current key.
    ///
    /// - Parameters:
    ///   - claims: all of them, times included.
    ///   - type: what the token is made for: `at+jwt`.
    ///   - signer: does the mathematics.
    /// - Returns: the token as it is sent.
    public func sign(_ claims: JSONObject, type: String, signer: some TokenSigning) -> String {
        let header: JSONValue = ["alg": "EdDSA", "typ": .string(type), "kid": .string(current.id)]
        let message =
            TokenBase64.encode(header.bytes) + "." + TokenBase64.encode(JSONValue.object(claims).bytes)
        return message + "." + TokenBase64.encode(signer.signature(of: Array(message.utf8), seed: current.seed))
    }
}
