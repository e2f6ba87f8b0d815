import Foundation
import Vocabulary

/// A file that an option names, read whole.
enum ArgumentFile {
    /// Gives the bytes of the file at `path`; throws `ServiceError` when there are more than `bytesMax`, or none to be had.
    typealias Reader = (_ path: String, _ bytesMax: Int) throws -> [UInt8]

    /// Reads from the disk.
    static func read(_ path: String, bytesMax: Int) throws -> [UInt8] {
        let data: Data
        do {
            let file = try FileHandle(forReadingFrom: URL(filePath: path))
            defer { file.closeFile() }
            data = try file.read(upToCount: bytesMax + 1) ?? Data()
        } catch {
            throw ServiceError(
                .invalidValue, "The file \(path) cannot be read.", hint: "Check its path and its permissions.",
                detail: "\(error)")
        }
        guard data.count <= bytesMax else {
            throw ServiceError(.invalidValue, "The file \(path) has more than \(bytesMax) bytes.")
        }
        return Array(data)
    }

    /// The text of a file.
    static func text(_ path: String, bytesMax: Int, _ read: Reader) throws -> String {
        guard let text = String(validating: try read(path, bytesMax), as: UTF8.self) else {
            throw ServiceError(.invalidValue, "The file \(path) is not UTF-8 text.")
        }
        return text
    }
}
