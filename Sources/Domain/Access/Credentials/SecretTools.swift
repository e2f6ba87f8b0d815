public import Telemetry

/// What this part needs of cryptography. Functions, because the library behind them is an adapter's.
public struct SecretTools: Sendable {
    /// As many bytes that nobody can foresee.
    public var random: @Sendable (_ count: Int) -> [UInt8]
    /// A fast hash with a key, 32 bytes, for secrets that are long and random.
    public var hash: @Sendable (_ bytes: [UInt8], _ key: [UInt8]) -> [UInt8]
    /// Compares in a time that tells nothing.
    public var isEqual: @Sendable (_ left: [UInt8], _ right: [UInt8]) -> Bool

    public init(
        random: @escaping @Sendable (_ count: Int) -> [UInt8],
        hash: @escaping @Sendable (_ bytes: [UInt8], _ key: [UInt8]) -> [UInt8],
        isEqual: @escaping @Sendable (_ left: [UInt8], _ right: [UInt8]) -> Bool
    ) {
        self.random = random
        self.hash = hash
        self.isEqual = isEqual
    }

    /// What is kept of a secret of some kind. The kind goes in, so that the hash of one can never stand for another.
    func hash(_ secret: String, _ kind: SecretKind, key: Redacted<[UInt8]>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(kind.rawValue.utf8.count + 1 + secret.utf8.count)
        bytes.append(contentsOf: kind.rawValue.utf8)
        bytes.append(0)
        bytes.append(contentsOf: secret.utf8)
        return hash(bytes, key.revealed)
    }
}

enum SecretKind: String {
    case apiKey = "key"
    case session
    case recovery
    case setup
    /// What failed sign-ins are counted under.
    case attempt
}

/// Slow hashes of passwords.
public protocol PasswordHashing: Sendable {
    /// What is to be kept of a password.
    ///
    /// - Parameter password: within the bounds of ``PasswordRules``.
    /// - Returns: a text with salt and parameters.
    /// - Throws: `ServiceError` of the code `overloaded` when too many wait already.
    func hash(_ password: Redacted<String>) async throws -> Redacted<String>

    /// Whether a password is the one that was kept. Takes the same time for every password.
    ///
    /// - Parameters:
    ///   - password: of any length up to ``PasswordRules/bytesMax``.
    ///   - hash: what is kept.
    /// - Returns: whether it fits.
    /// - Throws: as ``hash(_:)`` does.
    func verify(_ password: Redacted<String>, against hash: Redacted<String>) async throws -> PasswordVerdict
}

public enum PasswordVerdict: Sendable, Equatable {
    case wrong
    case right
    /// Right, and kept with other parameters than those that are wanted now.
    case rightAndOutdated
}
