/// Why a signed token is not believed. The words name what is wrong and never what the token holds.
public struct TokenError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Reason: String, Sendable, CaseIterable {
        /// Longer than any honest token.
        case tooLarge = "too_large"
        /// No three parts of base 64, or no JSON in them.
        case malformed
        /// `none`, a shared secret, or another algorithm than the key's.
        case algorithm
        /// It says that it must be understood in a way that nobody here knows.
        case critical
        /// No key of its issuer has this id.
        case unknownKey = "unknown_key"
        case signature
        /// Made for something else: an identity is no access token.
        case type
        case issuer
        case audience
        case expired
        case notYetValid = "not_yet_valid"
        /// Its times contradict each other, or it lives longer than is allowed.
        case lifetime
        /// A claim is missing or of the wrong kind.
        case claim
        case nonce
        case revoked
    }

    public let reason: Reason
    /// A sentence that may be shown to the caller.
    public let message: String

    public init(_ reason: Reason, _ message: String) {
        self.reason = reason
        self.message = message
    }

    public var description: String { message }
}
