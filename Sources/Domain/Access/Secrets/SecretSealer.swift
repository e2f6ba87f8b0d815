import Synchronization

/// Seals texts for the database and opens them again: an envelope names the key that sealed it and what it belongs to, and is
/// good for nothing else.
///
/// `sealed:v1:<key id>:<name>:<bytes>`, the last two in ``Base64URL``. The name is bound to the bytes as associated data: an
/// envelope that is moved to another record does not open there.
public final class SecretSealer: Sendable {
    /// How bytes are sealed and opened, with what they belong to and a key of 32 bytes. Opening returns `nil` when anything
    /// differs.
    public struct Cipher: Sendable {
        public var seal: @Sendable (_ bytes: [UInt8], _ associated: [UInt8], _ key: [UInt8]) -> [UInt8]
        public var open: @Sendable (_ sealed: [UInt8], _ associated: [UInt8], _ key: [UInt8]) -> [UInt8]?

        public init(
            seal: @escaping @Sendable (_ bytes: [UInt8], _ associated: [UInt8], _ key: [UInt8]) -> [UInt8],
            open: @escaping @Sendable (_ sealed: [UInt8], _ associated: [UInt8], _ key: [UInt8]) -> [UInt8]?
        ) {
            self.seal = seal
            self.open = open
        }
    }

    /// What every envelope begins with.
    public static let mark = "sealed:v1:"

    private let cipher: Cipher
    private let ring: Mutex<SealingKeys>

    public init(_ keys: SealingKeys, cipher: Cipher) {
        ring = Mutex(keys)
        self.cipher = cipher
    }

    /// The keys now. Another current key seals from the next call on.
    public var keys: SealingKeys {
        get { ring.withLock(\.self) }
        set { ring.withLock { $0 = newValue } }
    }

    /// An envelope.
    ///
    /// - Parameters:
    ///   - text: the secret.
    ///   - name: what it belongs to: `deployment:qwen:api_key`.
    /// - Returns: the sealed text.
    public func seal(_ text: String, for name: String) -> String {
        let key = keys.current
        let bytes = cipher.seal(Array(text.utf8), Array(name.utf8), key.bytes)
        return "\(Self.mark)\(key.id):\(Base64URL.text(Array(name.utf8))):\(Base64URL.text(bytes))"
    }

    /// The secret of an envelope.
    ///
    /// - Throws: ``SealingError`` that tells why not.
    public func open(_ envelope: String, for name: String) throws(SealingError) -> String {
        let parts = try Parts(envelope)
        guard parts.name == name else { throw SealingError(.misplaced, name: name, keyID: parts.keyID) }
        return try open(parts)
    }

    /// Whether a text is an envelope of ours. Nothing that is no envelope is ever opened.
    public static func isSealed(_ text: String) -> Bool { text.hasPrefix(mark) }

    /// The same text with every envelope in it sealed by the current key.
    ///
    /// - Parameter text: an envelope, or anything with envelopes in it, such as a JSON text.
    /// - Returns: the text, and how many envelopes were sealed anew; those of the current key stay.
    /// - Throws: when it was not sealed with a key that is known.
    public func resealed(_ text: String) throws(SealingError) -> (text: String, count: Int) {
        let current = keys.current.id
        var result = ""
        var count = 0
        var rest = text[...]
        while let start = rest.firstRange(of: Self.mark) {
            result += rest[..<start.lowerBound]
            let end = rest[start.lowerBound...].firstIndex { !Self.isEnvelopeCharacter($0) } ?? rest.endIndex
            let envelope = String(rest[start.lowerBound..<end])
            let parts = try Parts(envelope)
            if parts.keyID == current {
                result += envelope
            } else {
                result += seal(try open(parts), for: parts.name)
                count += 1
            }
            rest = rest[end...]
        }
        return (result + rest, count)
    }

    private static func isEnvelopeCharacter(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || ":-_".contains(character))
    }

    private struct Parts {
        let keyID: String
        let name: String
        let sealed: [UInt8]

        init(_ envelope: String) throws(SealingError) {
            let parts = envelope.dropFirst(SecretSealer.mark.count).split(
                separator: ":", omittingEmptySubsequences: false)
            guard envelope.hasPrefix(SecretSealer.mark), parts.count == 3,
                let name = Base64URL.decoded(String(parts[1])).flatMap({ String(validating: $0, as: UTF8.self) }),
                let sealed = Base64URL.decoded(String(parts[2]))
            else { throw SealingError(.malformed, name: "", keyID: "") }
            keyID = String(parts[0])
            self.name = name
            self.sealed = sealed
        }
    }

    private func open(_ parts: Parts) throws(SealingError) -> String {
        guard let key = keys.key(parts.keyID[...]) else {
            throw SealingError(.unknownKey, name: parts.name, keyID: parts.keyID)
        }
        guard let bytes = cipher.open(parts.sealed, Array(parts.name.utf8), key.bytes),
            let text = String(validating: bytes, as: UTF8.self)
        else { throw SealingError(.changed, name: parts.name, keyID: parts.keyID) }
        return text
    }
}

/// Why an envelope does not open. Tells no part of the secret.
public struct SealingError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable, Equatable {
        /// No envelope, or one that was cut.
        case malformed
        /// An envelope of something else.
        case misplaced
        /// Sealed with a key that is not there.
        case unknownKey
        /// It is not as it was sealed.
        case changed
    }

    public let code: Code
    public let name: String
    public let keyID: String

    init(_ code: Code, name: String, keyID: String) {
        self.code = code
        self.name = AuditText.safe(name)
        self.keyID = AuditText.safe(keyID)
    }

    public var description: String {
        switch code {
        case .malformed: "A sealed secret cannot be read: it was cut or written by something else."
        case .misplaced: "The sealed secret of '\(name)' belongs to something else."
        case .unknownKey:
            "The secret '\(name)' was sealed with key \(keyID), which is not there. Put that key back, or set the secret anew."
        case .changed: "The sealed secret '\(name)' was changed after it was written."
        }
    }
}
