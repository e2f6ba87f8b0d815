import Foundation
import Glibc

/// The folder itself: making it, and seeing what is in it.
extension StateFiles {
    /// A file by its name, before anybody looked into it.
    struct Listed {
        let name: String
        let bytes: Int
        let lastUse: timespec
    }

    /// Makes the folder, for this user alone, or checks that it is one.
    func prepare() throws(FileFailure) {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw FileFailure("mkdir \(folder)", FolderEntries.code(of: error))
        }
        let status = try OpenFile(folder, flags: O_RDONLY | O_DIRECTORY).status()
        guard status.st_uid == geteuid() else { throw FileFailure("the owner of \(folder) is another user", EPERM) }
        guard unsafe chmod(folder, 0o700) == 0, unsafe access(folder, W_OK | X_OK) == 0 else {
            throw FileFailure("writing to \(folder)")
        }
    }

    /// Makes a folder that others may use, too, or checks that files can be written there; its permissions are its owner's.
    func prepareShared() throws(FileFailure) {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw FileFailure("mkdir \(folder)", FolderEntries.code(of: error))
        }
        guard unsafe access(folder, W_OK | X_OK) == 0 else { throw FileFailure("writing to \(folder)") }
    }

    /// Removes files that were not finished and that no living process holds.
    ///
    /// - Returns: how many.
    func removeLeftovers() throws(FileFailure) -> Int {
        var count = 0
        for name in try entries() where name.hasPrefix(Self.unfinished) {
            do throws(FileFailure) {
                let file = try OpenFile("\(folder)/\(name)", flags: O_RDONLY)
                guard file.lock() else { continue }
            } catch {
                // Gone already, or no file of ours: what cannot be opened is left.
                continue
            }
            if unsafe unlink("\(folder)/\(name)") == 0 { count += 1 }
        }
        return count
    }

    /// The files that have names of states, the earliest used first.
    func list() throws(FileFailure) -> [Listed] {
        var found: [Listed] = []
        for entry in try entries() where entry.hasSuffix(Self.ending) {
            let name = String(entry.dropLast(Self.ending.count))
            var status = stat()
            guard StateFormat.isName(name), unsafe lstat(path(name), &status) == 0,
                status.st_mode & S_IFMT == S_IFREG
            else { continue }
            found.append(Listed(name: name, bytes: status.st_size, lastUse: status.st_mtim))
        }
        return found.sorted {
            ($0.lastUse.tv_sec, $0.lastUse.tv_nsec, $0.name) < ($1.lastUse.tv_sec, $1.lastUse.tv_nsec, $1.name)
        }
    }

    private func entries() throws(FileFailure) -> [String] { try FolderEntries.names(in: folder) }
}
