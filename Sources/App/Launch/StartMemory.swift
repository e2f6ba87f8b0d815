import Glibc

/// The memory of what a process needs only to start.
public enum StartMemory {
    /// Pages of the program and its libraries that are nothing but copies of their files: the start goes through most of them,
    /// with linking, the look-up of types and set-up, and what follows needs a part. Gives all of them back; those that are
    /// needed come again from the system's cache of files.
    ///
    /// - Returns: how many bytes were in memory.
    @discardableResult
    public static func release() -> Int {
        guard let text = read("/proc/self/smaps") else { return 0 }
        var released = 0
        for mapping in unchanged(in: text) {
            guard let start = UnsafeMutableRawPointer(bitPattern: mapping.addresses.lowerBound),
                madvise(start, mapping.addresses.count, MADV_DONTNEED) == 0
            else { continue }
            released += mapping.residentBytes
        }
        return released
    }

    /// A part of a file that lies in memory.
    struct Mapping: Equatable {
        var addresses: Range<UInt>
        var residentBytes: Int
    }

    /// Mappings of files that cannot be written to, and hold no page that was: a debugger's breakpoint is one. Source: proc(5),
    /// `/proc/pid/smaps`.
    static func unchanged(in text: String) -> [Mapping] {
        var found: [Mapping] = []
        var current: Mapping?
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", omittingEmptySubsequences: true)
            guard let first = words.first else { continue }
            if first.last != ":" {
                current = addresses(words).map { Mapping(addresses: $0, residentBytes: 0) }
            } else if first == "Rss:" {
                current?.residentBytes = kibibytes(words) << 10
            } else if first == "Anonymous:", let mapping = current {
                if mapping.residentBytes > 0, kibibytes(words) == 0 { found.append(mapping) }
                current = nil
            }
        }
        return found
    }

    /// `7f0a-7f0b r-xp 00000000 08:01 42 /usr/lib/libc.so.6`; `nil` unless it is a file's that cannot be written to.
    private static func addresses(_ words: [Substring]) -> Range<UInt>? {
        guard words.count >= 6, words[5].hasPrefix("/"), words[1].hasPrefix("r-") else { return nil }
        let ends = words[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
        guard ends.count == 2, ends[0] < ends[1] else { return nil }
        return ends[0]..<ends[1]
    }

    /// `Rss:   124 kB`; what is no such number counts as one.
    private static func kibibytes(_ words: [Substring]) -> Int {
        words.count > 1 ? Int(words[1]).map { min(max($0, 0), 1 << 40) } ?? 1 : 1
    }

    private static func read(_ path: String) -> String? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        while case let count = fread(&piece, 1, piece.count, file), count > 0 { bytes += piece[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }
}
