internal import Glibc

/// The copies of an SQLite database from before migrations, beside it: `nexus.db.snapshot-<time>`.
///
/// Blocking file work: used on the session's thread only.
struct SQLiteSnapshots {
    let path: String
    let countMax: Int

    private static let infix = ".snapshot-"
    private static let partialSuffix = ".partial"

    /// Makes a copy with `write`, which is given the path of a file that does not exist, and removes the oldest copies.
    ///
    /// The copy gets its final name when all of it is on the disk, so that a crash leaves no half copy under that name.
    /// - Returns: the path of the copy.
    func take(_ write: (_ partialPath: String) throws(StorageError) -> Void) throws(StorageError) -> String {
        let final = path + Self.infix + Self.timeDigits()
        let partial = final + Self.partialSuffix
        do throws(StorageError) {
            try write(partial)
            try Self.synchronise(partial)
            guard unsafe rename(partial, final) == 0 else { throw Self.failure("rename", final) }
            try Self.synchronise(directory)
        } catch {
            unsafe unlink(partial)
            throw error
        }
        for stale in try existing().dropLast(max(1, countMax)) { unsafe unlink(directory + "/" + stale) }
        return final
    }

    /// Microseconds since 1970 in 16 digits, so that names sort by time.
    private static func timeDigits() -> String {
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        let digits = String(now.tv_sec * 1_000_000 + now.tv_nsec / 1000)
        return String(repeating: "0", count: max(0, 16 - digits.count)) + digits
    }

    private var directory: String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Names of the finished copies, oldest first.
    private func existing() throws(StorageError) -> [String] {
        let prefix = (path.split(separator: "/").last.map(String.init) ?? path) + Self.infix
        guard let listing = unsafe opendir(directory) else { throw Self.failure("opendir", directory) }
        defer { unsafe closedir(listing) }
        var names: [String] = []
        while let entry = unsafe readdir(listing) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
                unsafe field.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            // Files that SQLite puts beside an opened copy have longer names.
            let isCopy = name.hasPrefix(prefix) && name.dropFirst(prefix.count).allSatisfy(\.isNumber)
            if isCopy { names.append(name) }
        }
        return names.sorted()
    }

    private static func synchronise(_ path: String) throws(StorageError) {
        let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", path) }
        defer { Glibc.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("fsync", path) }
    }

    private static func failure(_ call: String, _ path: String) -> StorageError {
        let number = errno
        return StorageError(
            number == ENOSPC ? .full : .connection, "\(call) failed for the snapshot file \(path)",
            detail: "errno \(number)")
    }
}
