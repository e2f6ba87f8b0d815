import Digests
public import Vocabulary

/// The name of an answer in the cache: the SHA-256 of everything that shapes it.
public struct AnswerKey: Sendable, Hashable, CustomStringConvertible {
    public static let byteCount = 32
    /// `byteCount` of them.
    public let bytes: [UInt8]

    /// - Parameter bytes: as they were kept; `nil` where there are not `byteCount`.
    public init?(bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// - Parameter text: 64 hexadecimal digits; `nil` for anything else.
    public init?(_ text: String) {
        let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count == 2 * Self.byteCount, text.utf8.count == digits.count else { return nil }
        bytes = stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    /// The key of an answer.
    ///
    /// Parts cannot run into each other: each is told with its length. The tenant is the first of them, so that nobody can name,
    /// find or time an answer of another tenant by what is in it.
    ///
    /// - Parameters:
    ///   - kind: what is kept under it.
    ///   - tenant: whose answer it is.
    ///   - source: who answers, with everything that a change of it changes.
    ///   - request: everything in the request that shapes the answer, in one form only.
    public init(_ kind: CachedAnswer.Kind, tenant: TenantID, source: AnswerSource, request: [UInt8]) {
        var hash = SHA256()
        let names = [kind.rawValue, tenant.name, source.model, source.identity]
        for part in names.map({ Array($0.utf8) }) + [request] {
            var length = UInt64(part.count)
            hash.update(
                (0..<8).map { _ in
                    defer { length >>= 8 }
                    return UInt8(truncatingIfNeeded: length)
                })
            hash.update(part)
        }
        bytes = hash.finish().bytes
    }

    /// 64 hexadecimal digits.
    public var description: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

/// Who answers, as far as answers depend on it.
public struct AnswerSource: Sendable, Equatable {
    /// The deployment's own name, whichever of its names was asked for.
    public var model: String
    /// Changes whenever its answers may: with another version, another file, other settings. Of one model; another one may have
    /// the same.
    public var identity: String

    public init(model: String, identity: String) {
        self.model = model
        self.identity = identity
    }
}

/// An answer that was given, as it is kept.
public struct CachedAnswer: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable {
        /// Events, as `PackedAnswer.events` reads them.
        case answer
        /// The vectors of one input, as `PackedAnswer.vectors` reads them.
        case vectors
    }

    public var key: AnswerKey
    public var kind: Kind
    public var tenant: TenantID
    /// The deployment's name.
    public var model: String
    public var tags: [String]
    /// Microseconds since 1970.
    public var writtenAt: Int64
    /// Microseconds since 1970; never used from then on.
    public var expiresAt: Int64
    public var promptTokens: Int
    public var completionTokens: Int
    /// Microseconds that it took to write.
    public var computing: Int64
    public var payload: [UInt8]

    public init(
        key: AnswerKey, kind: Kind, tenant: TenantID, model: String, tags: [String] = [], writtenAt: Int64,
        expiresAt: Int64, promptTokens: Int = 0, completionTokens: Int = 0, computing: Int64 = 0, payload: [UInt8]
    ) {
        self.key = key
        self.kind = kind
        self.tenant = tenant
        self.model = model
        self.tags = tags
        self.writtenAt = writtenAt
        self.expiresAt = expiresAt
        self.promptTokens = promptTokens
        self.completionTokens = completionTokens
        self.computing = computing
        self.payload = payload
    }

    /// What it takes, its description and its place in tables included, roughly.
    public var byteCount: Int { payload.count + 256 + tags.reduce(0) { $0 + $1.utf8.count + 16 } }
}

/// Which answers are meant.
public struct AnswerSelection: Sendable, Equatable {
    public enum Part: Sendable, Equatable {
        case all
        case key(AnswerKey)
        /// By the deployment's name.
        case model(String)
        case tag(String)
    }

    public var part: Part
    /// Only this tenant's; `nil` is everybody's.
    public var tenant: TenantID?

    public init(_ part: Part, of tenant: TenantID? = nil) {
        self.part = part
        self.tenant = tenant
    }

    public func includes(_ answer: CachedAnswer) -> Bool {
        guard tenant == nil || tenant == answer.tenant else { return false }
        return switch part {
        case .all: true
        case .key(let key): key == answer.key
        case .model(let name): name == answer.model
        case .tag(let tag): answer.tags.contains(tag)
        }
    }
}
