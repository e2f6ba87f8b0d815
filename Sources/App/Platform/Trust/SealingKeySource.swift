import Access
import Configuration
import Cryptography
import Foundation
import Vocabulary

/// Where the key comes from that secrets are sealed with: the configuration, a credential of systemd, or a file in the data
/// directory, which is made when there is none.
struct SealingKeySource: Sendable {
    enum Kind: String, Sendable {
        /// `secrets.key`: an environment variable or a file.
        case configuration
        /// `$CREDENTIALS_DIRECTORY/nexus-secrets-key`.
        case credential
        /// `secrets.key` in the data directory, ours to change.
        case dataDirectory = "data_directory"
    }

    static let credentialName = "nexus-secrets-key"
    static let fileName = "secrets.key"
    private static let bytesMax = 4_096

    let kind: Kind
    let keys: SealingKeys
    /// Whether the file was made just now.
    let isNew: Bool
    private let path: String

    /// Looks for the key.
    ///
    /// - Throws: `ServiceError` when it cannot be read, is no key, or is a file that others can read.
    init(_ configuration: Configuration) throws {
        path = URL(filePath: configuration.dataDir).appending(path: Self.fileName).path
        if let text = configuration.trust.secretsKey {
            (kind, keys, isNew) = (.configuration, try Self.read(text.revealed, "secrets.key"), false)
        } else if let file = Self.credential(configuration.trust.credentialsDirectory) {
            // systemd gives it to this service only, whatever its mode says.
            (kind, keys, isNew) = (.credential, try Self.read(Self.text(of: file, isOurs: false), file), false)
        } else if FileManager.default.fileExists(atPath: path) {
            (kind, keys, isNew) = (.dataDirectory, try Self.read(Self.text(of: path, isOurs: true), path), false)
        } else {
            let keys = SealingKeys(SealingKey(SecureRandom.bytes(SealingKey.byteCount)))
            try Self.write(keys, to: path)
            (self.kind, self.keys, isNew) = (.dataDirectory, keys, true)
        }
    }

    /// Puts another ring in the place of the file's: whole or not at all.
    ///
    /// - Precondition: the key is in the data directory.
    func replace(with keys: SealingKeys) throws {
        precondition(kind == .dataDirectory, "keys of others are not ours to change")
        try Self.write(keys, to: path)
    }

    private static func credential(_ directory: String?) -> String? {
        guard let directory else { return nil }
        let file = URL(filePath: directory).appending(path: credentialName).path
        return FileManager.default.fileExists(atPath: file) ? file : nil
    }

    private static func read(_ text: String, _ place: String) throws -> SealingKeys {
        guard let keys = SealingKeys(text) else {
            throw ServiceError(
                .invalidValue, "\(place) holds no key of 32 random bytes, hexadecimal or base64.",
                hint: "Make one: openssl rand -hex 32.")
        }
        return keys
    }

    /// The text of a file that nobody else can read or change.
    private static func text(of path: String, isOurs: Bool) throws -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | (isOurs ? O_NOFOLLOW : 0))
        guard descriptor >= 0 else {
            throw ServiceError(.invalidValue, "The key file \(path) cannot be opened.", detail: "errno \(errno)")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw ServiceError(.invalidValue, "The key file \(path) is no regular file.")
        }
        guard !isOurs || status.st_mode & 0o077 == 0 else {
            throw ServiceError(
                .invalidValue, "The key file \(path) can be read or changed by others.", hint: "chmod 600 '\(path)'")
        }
        var bytes = [UInt8](repeating: 0, count: bytesMax)
        let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
        guard count >= 0, count < bytesMax else {
            throw ServiceError(.invalidValue, "The key file \(path) is no key file.")
        }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    private static func write(_ keys: SealingKeys, to path: String) throws {
        let text =
            "# Opens the secrets in the database. Keep a copy elsewhere, and keep it secret.\n"
            + ([keys.current] + keys.older).map { $0.revealed + "\n" }.joined()
        let temporary = path + ".new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw ServiceError(.invalidValue, "The key file \(temporary) cannot be written.", detail: "errno \(errno)")
        }
        let bytes = Array(text.utf8)
        let isWritten = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) } == bytes.count
        let isSafe = isWritten && fchmod(descriptor, 0o600) == 0 && fsync(descriptor) == 0
        close(descriptor)
        guard isSafe, rename(temporary, path) == 0 else {
            unlink(temporary)
            throw ServiceError(.invalidValue, "The key file \(path) cannot be written.", detail: "errno \(errno)")
        }
        let folder = open(URL(filePath: path).deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return }
        fsync(folder)
        close(folder)
    }
}
