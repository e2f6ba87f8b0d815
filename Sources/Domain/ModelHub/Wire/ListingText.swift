import JSONText

/// Reads what a hub tells of a repository. Everything in it comes from outside.
enum ListingText {
    /// Files of one repository; more than that is no model.
    static let filesMax = 50_000
    /// Bytes of one answer.
    static let bytesMax = 32 << 20
    /// Pages of one listing; the hub sends 1,000 files with each.
    static let pagesMax = 100

    /// The commit of `/api/models/…/revision/…`.
    static func commit(_ bytes: [UInt8]) throws(HubError) -> String {
        let value = try parse(bytes)
        guard let sha = value["sha"]?.string, (7...64).contains(sha.utf8.count),
            sha.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { throw HubError(.badAnswer, "The hub's answer about the repository has no commit in 'sha'.") }
        return sha
    }

    /// The files in `siblings` of the same answer, with sizes where it was asked with `blobs=true`.
    static func siblings(_ bytes: [UInt8]) throws(HubError) -> [HubFile] {
        guard let siblings = try parse(bytes)["siblings"]?.array else {
            throw HubError(.badAnswer, "The hub's answer about the repository has no list 'siblings'.")
        }
        guard siblings.count <= filesMax else { throw tooMany(siblings.count) }
        var files: [HubFile] = []
        for sibling in siblings {
            guard let path = sibling["rfilename"]?.string else {
                throw HubError(.badAnswer, "A file of the hub's list has no 'rfilename'.")
            }
            let digest = sibling["lfs"]?["sha256"]?.string ?? sibling["blobId"]?.string
            files.append(try file(path, size: sibling["lfs"]?["size"] ?? sibling["size"], digest: digest))
        }
        return files
    }

    /// The files of a page of `/api/models/…/tree/…`; folders are left out.
    static func page(_ bytes: [UInt8]) throws(HubError) -> [HubFile] {
        guard let entries = try parse(bytes).array else {
            throw HubError(.badAnswer, "The hub's list of files is no array.")
        }
        guard entries.count <= filesMax else { throw tooMany(entries.count) }
        var files: [HubFile] = []
        for entry in entries where entry["type"]?.string == "file" {
            guard let path = entry["path"]?.string else {
                throw HubError(.badAnswer, "A file of the hub's list has no 'path'.")
            }
            let digest = entry["lfs"]?["oid"]?.string ?? entry["oid"]?.string
            files.append(try file(path, size: entry["lfs"]?["size"] ?? entry["size"], digest: digest))
        }
        return files
    }

    static func tooMany(_ count: Int) -> HubError {
        HubError(.badAnswer, "The repository lists \(count) files or more; at most \(filesMax) are read.")
    }

    /// The cursor in `Link: <…&cursor=…>; rel="next"` (RFC 8288), as it stands there; `nil` on the last page.
    ///
    /// Only the cursor is taken: mirrors pass links to the original hub through as they are.
    static func cursor(link: String?) -> String? {
        guard let link else { return nil }
        for part in link.split(separator: ",") where part.contains("rel=\"next\"") || part.contains("rel=next") {
            guard let open = part.firstIndex(of: "<"), let close = part.firstIndex(of: ">"), open < close else {
                continue
            }
            let query = part[part.index(after: open)..<close].split(separator: "?", maxSplits: 1).last ?? ""
            for field in query.split(separator: "&") where field.hasPrefix("cursor=") {
                let cursor = field.dropFirst(7)
                let isSound = cursor.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x23 }
                return (1...4096).contains(cursor.utf8.count) && isSound ? String(cursor) : nil
            }
        }
        return nil
    }

    private static func file(_ path: String, size: JSONValue?, digest: String?) throws(HubError) -> HubFile {
        try HubPath.check(path)
        let bytes = size?.integer
        if let bytes, !(0...(1 << 50)).contains(bytes) {
            throw HubError(.badAnswer, "The hub says that '\(HubPath.shown(path))' has \(bytes) bytes.")
        }
        return HubFile(path: path, size: bytes.map { Int($0) }, checksum: digest.flatMap { HubChecksum(tag: $0) })
    }

    private static func parse(_ bytes: [UInt8]) throws(HubError) -> JSONValue {
        do {
            return try JSONValue.parse(bytes)
        } catch {
            throw HubError(
                .badAnswer, "The hub's answer is not JSON: \(error.description).",
                hint: "Is hub.url the address of a hub?")
        }
    }
}
