import Access
import Foundation
import JSONText

/// Signing keys in a file of the data directory, where they were before the database kept them sealed. They are taken over from
/// there once.
struct SigningKeyFile: Sendable {
    let path: String

    struct Unusable: Error, CustomStringConvertible {
        let description: String
    }

    /// - Parameter dataDir: the data directory; one process at a time has it.
    init(dataDir: String) { path = dataDir + "/token-keys.json" }

    /// Reads the keys.
    ///
    /// - Returns: `nil` when there is no file.
    /// - Throws: ``Unusable`` when others can read the file or it holds something else: then no key is made in its place,
    ///   because every token that is out would become invalid without anybody having said so.
    func load(signer: SodiumSignatures) throws -> SigningKeys? {
        let files = FileManager.default
        guard files.fileExists(atPath: path) else { return nil }
        let mode = try files.attributesOfItem(atPath: path)[.posixPermissions] as? Int ?? 0
        guard mode & 0o077 == 0 else {
            throw Unusable(description: "others can read \(path), which holds secret keys: chmod 600 it, or remove it")
        }
        guard let bytes = files.contents(atPath: path), bytes.count <= 64 << 10 else {
            throw Unusable(description: "\(path) cannot be read, or is too large")
        }
        let json: JSONValue
        do {
            json = try JSONValue.parse(bytes)
        } catch {
            throw Unusable(description: "\(path) is not JSON: restore it, or remove it to make new keys")
        }
        guard let keys = SigningKeys(json: json, signer: signer) else {
            throw Unusable(description: "\(path) holds no signing keys: restore it, or remove it to make new keys")
        }
        return keys
    }

    /// The database has them now.
    func remove() throws {
        guard unlink(path) == 0 || errno == ENOENT else {
            throw Unusable(description: "\(path) cannot be removed: errno \(errno)")
        }
    }
}
