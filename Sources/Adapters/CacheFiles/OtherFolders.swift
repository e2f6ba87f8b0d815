import Foundation
import Glibc

/// Folders of other models, of other versions and of other settings, beside this model's: what they may take together.
///
/// A model that is swapped in again finds its states. One whose file changed never does: without a bound its folder would stay
/// for ever.
struct OtherFolders {
    /// One of them.
    struct Folder: Equatable {
        let name: String
        let bytes: Int
        /// When one of its states was used or written last; seconds since 1970.
        let lastUse: Int
    }

    /// Where all folders are.
    let path: String
    /// The name of this model's.
    let own: String

    /// Folders of others at most, whatever they take.
    static let foldersMax = 64

    /// Which folders go so that the others keep to their bound: those that were not used for the longest time. Pure.
    static func surplus(_ folders: [Folder], bytesMax: Int) -> [Folder] {
        var bytes = folders.reduce(0) { $0 + $1.bytes }
        var count = folders.count
        var gone: [Folder] = []
        for folder in folders.sorted(by: { ($0.lastUse, $0.name) < ($1.lastUse, $1.name) }) {
            guard bytes > bytesMax || count > foldersMax else { break }
            gone.append(folder)
            bytes -= folder.bytes
            count -= 1
        }
        return gone
    }

    /// Whether a name may be that of a model's folder: the beginning of a digest.
    static func isFolder(_ name: String) -> Bool {
        name.utf8.count == CacheFolder.folderDigits
            && name.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }

    func list() throws(FileFailure) -> [Folder] {
        try FolderEntries.names(in: path).filter { $0 != own && Self.isFolder($0) }.compactMap { name in
            var status = stat()
            guard unsafe lstat("\(path)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFDIR,
                status.st_uid == geteuid()
            else { return nil }
            var (bytes, lastUse) = (0, status.st_mtim.tv_sec)
            for file in files(in: name) {
                var status = stat()
                guard unsafe lstat(file, &status) == 0 else { continue }
                bytes += status.st_size
                lastUse = max(lastUse, status.st_mtim.tv_sec)
            }
            return Folder(name: name, bytes: bytes, lastUse: lastUse)
        }
    }

    /// Removes a folder with all that is ours in it, unless a living process has it open.
    ///
    /// - Parameter folder: one of the list.
    /// - Returns: whether it is gone.
    func remove(_ folder: Folder) -> Bool {
        do throws(FileFailure) {
            let open = try OpenFile("\(path)/\(folder.name)", flags: O_RDONLY | O_DIRECTORY)
            guard open.lock() else { return false }
            for file in files(in: folder.name) { _ = unsafe unlink(file) }
            return unsafe rmdir("\(path)/\(folder.name)") == 0
        } catch {
            // Gone already, or not ours to open.
            return false
        }
    }

    /// Files that a cache wrote, finished or not.
    private func files(in folder: String) -> [String] {
        do throws(FileFailure) {
            return try FolderEntries.names(in: "\(path)/\(folder)").filter {
                $0.hasSuffix(StateFiles.ending) || $0.hasPrefix(StateFiles.unfinished)
            }.map { "\(path)/\(folder)/\($0)" }
        } catch {
            return []
        }
    }
}

/// The names in a folder.
enum FolderEntries {
    static func names(in folder: String) throws(FileFailure) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            throw FileFailure("reading \(folder)", code(of: error))
        }
    }

    static func code(of error: any Error) -> Int32 {
        let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
        return underlying.map { Int32(clamping: $0.code) } ?? EIO
    }
}

/// The mark of a living process on its folder: others do not remove it meanwhile.
struct FolderPresence: ~Copyable {
    private let file: OpenFile

    /// - Parameter folder: which is there.
    /// - Throws: when it is not, or not any more.
    init(_ folder: String) throws(FileFailure) {
        let open = try OpenFile(folder, flags: O_RDONLY | O_DIRECTORY)
        guard open.share() else { throw FileFailure("flock \(folder)") }
        let mine = try open.status()
        var now = stat()
        // Somebody may have removed it while this process waited.
        guard unsafe lstat(folder, &now) == 0, now.st_ino == mine.st_ino, now.st_dev == mine.st_dev else {
            throw FileFailure("flock \(folder)", ENOENT)
        }
        file = open
    }
}
