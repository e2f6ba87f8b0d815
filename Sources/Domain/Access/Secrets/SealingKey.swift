import Digests

/// A key that secrets are sealed with. Printing it shows its id only.
public struct SealingKey: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    public static let byteCount = 32

    /// Eight digits that tell which key sealed a text; no help in guessing it.
    public let id: String
    let bytes: [UInt8]

    /// - Precondition: there are ``byteCount`` bytes.
    public init(_ bytes: [UInt8]) {
        precondition(bytes.count == Self.byteCount, "a sealing key has 32 bytes")
        self.bytes = bytes
        id = String(SHA256.digest(of: Array("nexus sealing key".utf8) + bytes).hexadecimal.prefix(8))
    }

    /// Reads 64 hexadecimal digits or base64 with or without padding; `nil` for everything else, also for keys without chance
    /// in them, such as 32 equal bytes.
    public init?(_ text: String) {
        let bytes = Self.hexadecimal(text) ?? Base64URL.decoded(text)
        guard let bytes, bytes.count == Self.byteCount, Set(bytes).count >= 8 else { return nil }
        self.init(bytes)
    }

    /// As ``init(_:)`` reads it. Every use of this is a place to review.
    public var revealed: String { Base64URL.text(bytes) }

    public var description: String { "key \(id)" }
    public var customMirror: Mirror { Mirror(self, children: []) }

    private static func hexadecimal(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count == byteCount * 2 else { return nil }
        let bytes = stride(from: 0, to: digits.count, by: 2).compactMap { index in
            UInt8(String(decoding: digits[index...(index + 1)], as: UTF8.self), radix: 16)
        }
        return bytes.count == byteCount ? bytes : nil
    }
}

/// The key that seals, and older ones that still open.
public struct SealingKeys: Sendable, Equatable {
    public let current: SealingKey
    public let older: [SealingKey]
    /// Keys of one ring.
    public static let countMax = 8

    public init(_ current: SealingKey, older: [SealingKey] = []) {
        self.current = current
        self.older = older
    }

    /// Reads keys that stand on lines of their own or have commas between them, the current one first. Lines that begin with
    /// `#` are remarks.
    ///
    /// - Returns: `nil` when there is none, when one cannot be read, or when there are more than ``countMax``.
    public init?(_ text: String) {
        let texts = text.split(whereSeparator: \.isNewline).filter { !$0.trimmed.hasPrefix("#") }
            .flatMap { $0.split(separator: ",").map(\.trimmed) }.filter { !$0.isEmpty }
        let keys = texts.compactMap { SealingKey(String($0)) }
        guard let first = keys.first, keys.count == texts.count, keys.count <= Self.countMax else { return nil }
        self.init(first, older: Array(keys.dropFirst()))
    }

    func key(_ id: Substring) -> SealingKey? { ([current] + older).first { $0.id == id } }
}

extension Substring {
    fileprivate var trimmed: Substring {
        var text = self
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
