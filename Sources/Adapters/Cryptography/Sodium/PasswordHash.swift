import CSodium

/// Passwords as Argon2id (RFC 9106) keeps them: with a salt, in a text that names its own parameters.
///
/// Each call takes as much memory as the parameters say, and blocks its thread for a good part of a second.
public struct PasswordHash: Sendable, Equatable {
    public struct Parameters: Sendable, Equatable {
        /// Memory that one computation takes, in bytes.
        public var memoryBytes: Int
        /// How often the memory is gone through.
        public var passes: Int

        /// Bounds of libsodium, and what makes sense.
        public static let memoryBytesAllowed = (8 << 10)...(4 << 30)
        public static let passesAllowed = 1...64

        /// - Precondition: both are in their bounds.
        public init(memoryBytes: Int, passes: Int) {
            precondition(Self.memoryBytesAllowed.contains(memoryBytes) && Self.passesAllowed.contains(passes))
            self.memoryBytes = memoryBytes
            self.passes = passes
        }

        /// 64 MiB, three passes: above what OWASP's password storage sheet asks for, and what four people who sign in at
        /// once may take on a small machine. 0.15 s on a core of 2023.
        public static let standard = Parameters(memoryBytes: 64 << 20, passes: 3)
    }

    /// The system has not as much memory as the parameters ask for.
    public struct OutOfMemory: Error {}

    private let parameters: Parameters

    public init(_ parameters: Parameters = .standard) { self.parameters = parameters }

    /// Makes the text that is kept.
    ///
    /// - Parameter password: its bytes, at most 4 GiB.
    /// - Returns: `$argon2id$v=19$m=…,t=…,p=1$salt$hash`.
    /// - Throws: ``OutOfMemory``.
    public func make(_ password: [UInt8]) throws(OutOfMemory) -> String {
        Sodium.prepare()
        var text = [CChar](repeating: 0, count: Int(crypto_pwhash_strbytes()))
        let status = unsafe Self.withCharacters(password) { characters, count in
            unsafe crypto_pwhash_str_alg(
                &text, characters, UInt64(count), UInt64(parameters.passes), parameters.memoryBytes,
                crypto_pwhash_alg_argon2id13())
        }
        guard status == 0 else { throw OutOfMemory() }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Whether a password is the one that a text was made from.
    ///
    /// - Parameters:
    ///   - password: its bytes.
    ///   - text: as ``make(_:)`` returned it; what is no such text fits no password.
    /// - Returns: whether it fits.
    public func verify(_ password: [UInt8], against text: String) -> Bool {
        Sodium.prepare()
        return unsafe Self.withCharacters(password) { characters, count in
            unsafe crypto_pwhash_str_verify(text, characters, UInt64(count)) == 0
        }
    }

    /// Whether a text was made with other parameters than these, or is none.
    ///
    /// - Parameter text: as ``make(_:)`` returned it.
    /// - Returns: `true` when it is to be made again at the next chance.
    public func isOutdated(_ text: String) -> Bool {
        Sodium.prepare()
        return unsafe crypto_pwhash_str_needs_rehash(text, UInt64(parameters.passes), parameters.memoryBytes) != 0
    }

    private static func withCharacters(
        _ bytes: [UInt8], _ body: (UnsafePointer<CChar>, Int) -> CInt
    ) -> CInt {
        // An empty array has no address to give; libsodium takes one with a count of 0.
        let characters = bytes.map { CChar(bitPattern: $0) } + [0]
        return unsafe characters.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { preconditionFailure("an array with an element has an address") }
            return unsafe body(base, bytes.count)
        }
    }

    private static func withCharacters(
        _ bytes: [UInt8], _ body: (UnsafePointer<CChar>, Int) -> Bool
    ) -> Bool {
        unsafe withCharacters(bytes) { (characters, count) -> CInt in unsafe body(characters, count) ? 1 : 0 } == 1
    }
}
