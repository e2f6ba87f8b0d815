import Foundation

/// One file of the repository.
struct RepositoryFile: Sendable {
    /// Relative to the root, with `/`.
    let path: String
    /// In bytes.
    let size: Int
    /// `nil` when the file is large or not UTF-8 text.
    let text: String?

    init(path: String, text: String) {
        self.path = path
        self.text = text
        size = text.utf8.count
    }

    init(path: String, below root: URL) throws {
        let url = root.appending(path: path)
        self.path = path
        size = try FileManager.default.attributesOfItem(atPath: url.path)[.size] as? Int ?? 0
        let isSmall = size <= 1_000_000
        text = isSmall ? String(bytes: try Data(contentsOf: url), encoding: .utf8) : nil
    }

    var isSwift: Bool { path.hasSuffix(".swift") }

    /// Whether the file is the one named, or lies below the folder named.
    func isWithin(_ place: String) -> Bool { path == place || path.hasPrefix(place + "/") }

    var lines: [Substring] {
        // By bytes: as characters, a carriage return and a line feed are one.
        var lines = (text ?? "").utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map(Substring.init)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }
}
