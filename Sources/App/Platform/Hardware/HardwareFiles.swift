import Foundation

/// Reads the kernel's files, each up to a bound. Tests give another root.
struct HardwareFiles: Sendable {
    /// Empty is this machine itself.
    var root = ""

    /// More of a file is not read. `/proc/cpuinfo` of 1,024 threads has about 2 MiB.
    static let bytesMax = 4 << 20

    /// The text of a file; bytes that are not UTF-8 become U+FFFD.
    ///
    /// - Parameters:
    ///   - path: absolute.
    ///   - bytesMax: what comes after is left out.
    /// - Returns: `nil` when there is no such regular file or it cannot be read.
    func text(_ path: String, bytesMax: Int = bytesMax) -> String? {
        // A pipe that somebody put there would keep us waiting.
        let descriptor = open(root + path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count < bytesMax {
            let count = read(descriptor, &piece, min(piece.count, bytesMax - bytes.count))
            if count < 0 { return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self) }
            if count == 0 { break }
            bytes += piece[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    func exists(_ path: String) -> Bool { access(root + path, F_OK) == 0 }

    /// The names in a folder that are a word and a number: `card0` for `card`, in the order of the numbers.
    func numbered(_ prefix: String, in folder: String, countMax: Int) -> [Int] {
        let names: [String]
        do { names = try FileManager.default.contentsOfDirectory(atPath: root + folder) } catch { return [] }
        let numbers = names.compactMap { $0.hasPrefix(prefix) ? Int($0.dropFirst(prefix.count)) : nil }
        return Array(numbers.filter { $0 >= 0 }.sorted().prefix(countMax))
    }
}
