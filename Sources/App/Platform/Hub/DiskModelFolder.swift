import Foundation
import ModelHub

/// The folder of all models on a disk: `<data directory>/models/<owner>/<name>/<file>`.
struct DiskModelFolder: ModelFolder {
    /// Absolute.
    let root: String
    let threads: DiskThreads
    /// One thread: several that write into one file would only wait for each other inside the kernel, spinning.
    let writer: DiskThreads
    let era: String

    /// Bytes that are read at once to make a checksum: what the processor's second cache holds.
    static let readBytes = 128 << 10
    /// Bytes of a checksum that are one turn on a thread.
    static let turnBytes = 4 << 20

    func absolute(_ path: String) -> String { "\(root)/\(path)" }

    func freeBytes() async throws -> Int {
        try await threads.run { [root] in
            try Self.makeFolder(root)
            var status = statvfs()
            guard statvfs(root, &status) == 0 else { throw DiskFailure.told("statvfs", root) }
            return Int(clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize)).0)
        }
    }

    func size(of path: String) async throws -> Int? {
        let path = absolute(path)
        return try await threads.run {
            var status = stat()
            guard stat(path, &status) == 0 else {
                if errno == ENOENT || errno == ENOTDIR { return nil }
                throw DiskFailure.told("stat", path)
            }
            return status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : nil
        }
    }

    func digest(_ path: String, into digest: RunningDigest) async throws {
        let file = try await open(absolute(path), O_RDONLY)
        let size = try await threads.run { try file.size() }
        try await DiskPart.feed(0..<size, of: file, into: digest, on: threads)
    }

    func ledger(of path: String) async throws -> [UInt8]? {
        let path = absolute(path) + HubPath.ledgerEnd
        return try await threads.run {
            let file: OpenFile
            do {
                file = try OpenFile(path, O_RDONLY)
            } catch let error as DiskFailure where error.code == ENOENT || error.code == ENOTDIR {
                return nil
            } catch let error as DiskFailure {
                throw error.told
            }
            let size = try file.size()
            return size <= 4 << 20 ? try file.read(0..<size) : nil
        }
    }

    func openPart(of path: String, size: Int) async throws -> any PartFile {
        let path = absolute(path)
        let file = try await threads.run {
            try Self.makeFolder((path as NSString).deletingLastPathComponent)
            do {
                let file = try OpenFile(path + HubPath.partEnd, O_RDWR | O_CREAT | O_NOFOLLOW)
                // Its full length from the beginning, so that blocks have their places; the disk gives room as they come.
                if try file.size() != size { try file.truncate(to: size) }
                return file
            } catch let error as DiskFailure {
                throw error.told
            }
        }
        return DiskPart(path: path, file: file, threads: threads, writer: writer)
    }

    func settle(_ path: String) async throws {
        let path = absolute(path)
        try await threads.run {
            do {
                try OpenFile(path, O_RDONLY).sync()
                try OpenFile.syncFolder(of: path)
                try OpenFile.remove(path + HubPath.ledgerEnd)
            } catch let error as DiskFailure {
                throw error.told
            }
        }
    }

    func unsettled() async throws -> [String] {
        try await threads.run { [root] in
            let names = FileManager.default.enumerator(atPath: URL(filePath: root).resolvingSymlinksInPath().path)
            var found: [String] = []
            while let name = names?.nextObject() as? String {
                guard name.hasSuffix(HubPath.ledgerEnd) else { continue }
                let path = String(name.dropLast(HubPath.ledgerEnd.count))
                let isThere = { (path: String) in FileManager.default.fileExists(atPath: "\(root)/\(path)") }
                if isThere(path), !isThere(path + HubPath.partEnd) { found.append(path) }
            }
            return found.sorted()
        }
    }

    func withdraw(_ path: String) async throws {
        let path = absolute(path)
        try await threads.run {
            do { try OpenFile.rename(path, to: path + HubPath.partEnd) } catch let error as DiskFailure {
                throw error.told
            }
        }
    }

    private func open(_ path: String, _ flags: Int32) async throws -> OpenFile {
        try await threads.run {
            do { return try OpenFile(path, flags) } catch let error as DiskFailure { throw error.told }
        }
    }

    private static func makeFolder(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw HubError(
                .fileFailed, "The folder '\(path)' cannot be made.",
                hint: "Is a file in its place, or is it not writable?")
        }
    }
}

/// An unfinished file on a disk.
private struct DiskPart: PartFile {
    /// The finished file's.
    let path: String
    let file: OpenFile
    let threads: DiskThreads
    let writer: DiskThreads

    func write(_ bytes: [UInt8], at offset: Int) async throws {
        try await writer.run {
            do { try file.write(bytes, at: offset) } catch let error as DiskFailure { throw error.told }
        }
    }

    func digest(_ range: Range<Int>, into digest: RunningDigest) async throws {
        try await Self.feed(range, of: file, into: digest, on: threads)
    }

    static func feed(_ range: Range<Int>, of file: OpenFile, into digest: RunningDigest, on threads: DiskThreads)
        async throws
    {
        var start = range.lowerBound
        while start < range.upperBound {
            try Task.checkCancellation()
            // One turn on the thread is short enough for the other connections to get theirs.
            let end = min(range.upperBound, start + DiskModelFolder.turnBytes)
            let turn = start..<end
            try await threads.run {
                do {
                    for first in stride(from: turn.lowerBound, to: turn.upperBound, by: DiskModelFolder.readBytes) {
                        digest.update(
                            try file.read(first..<min(turn.upperBound, first + DiskModelFolder.readBytes)))
                    }
                } catch let error as DiskFailure {
                    throw error.told
                }
            }
            start = end
        }
    }

    func sync() async throws { try await perform { try file.sync() } }

    func writeLedger(_ bytes: [UInt8]) async throws {
        let path = path
        try await perform {
            let name = path + HubPath.ledgerEnd
            // Under another name first: the ledger is the old one or the new one, never half of it.
            let new = try OpenFile(name + ".new", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW)
            try new.write(bytes, at: 0)
            try OpenFile.rename(name + ".new", to: name)
        }
    }

    func finish() async throws {
        let path = path
        try await perform { try OpenFile.rename(path + HubPath.partEnd, to: path) }
    }

    func discard() async throws {
        let path = path
        try await perform {
            try OpenFile.remove(path + HubPath.partEnd)
            try OpenFile.remove(path + HubPath.ledgerEnd)
        }
    }

    private func perform(_ work: @escaping @Sendable () throws -> Void) async throws {
        try await threads.run {
            do { try work() } catch let error as DiskFailure { throw error.told }
        }
    }
}
