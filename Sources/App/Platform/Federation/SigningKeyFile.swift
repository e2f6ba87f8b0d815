import Access
import Foundation
import JSONText

/// The server's signing keys in a file of the data directory that only its owner can read.
struct SigningKeyFile: Sendable {
    let path: String
    let signer: SodiumSignatures

    struct Unusable: Error, CustomStringConvertible {
        let description: String
    }

    /// - Parameters:
    ///   - dataDir: the data directory; one process at a time has it.
    ///   - signer: makes keys.
    init(dataDir: String, signer: SodiumSignatures) {
        path = dataDir + "/token-keys.json"
        self.signer = signer
    }

    /// Reads the keys, or makes the first one.
    ///
    /// - Throws: ``Unusable`` when others can read the file or it holds something else: then no key is made in its place,
    ///   because every token that is out would become invalid without anybody having said so.
    func load(now: Int64) throws -> SigningKeys {
        let files = FileManager.default
        guard files.fileExists(atPath: path) else {
            let keys = SigningKeys(now: now, signer: signer)
            try save(keys)
            return keys
        }
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

    /// Writes the keys under another name, synchronises and renames: after a crash there are the old ones or the new ones.
    func save(_ keys: SigningKeys) throws {
        let fresh = path + ".new"
        let descriptor = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Unusable(description: "\(fresh) cannot be made: errno \(errno)") }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try file.write(contentsOf: Data(keys.json.bytes))
        try file.synchronize()
        try file.close()
        guard rename(fresh, path) == 0 else { throw Unusable(description: "\(path) cannot be renamed: errno \(errno)") }
    }
}
