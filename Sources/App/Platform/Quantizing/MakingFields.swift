import Foundation
import JSONText
import RequestScope
import Vocabulary

/// Reads the parameters of a job that makes or measures a model, and refuses those that it does not know.
struct MakingFields {
    private let body: JSONField

    private static let pathBytesMax = 4_095
    /// What a text may have, as the engine's tools read it.
    private static let textBytesMax = 64 << 20
    static let threadsAllowed = 1...512
    static let chunksAllowed = 1...1_000_000
    static let chunkSizeAllowed = 16...32_768

    /// - Parameters:
    ///   - body: an object.
    ///   - names: of all fields that there are.
    /// - Throws: `ServiceError` with the field's name.
    init(_ body: JSONObject, names: [String]) throws(ServiceError) {
        for (key, _) in body where !names.contains(key) {
            throw ServiceError(
                .invalidValue, "There is no parameter '\(key.prefix(64))'.",
                hint: "Parameters: \(names.joined(separator: ", ")).", parameter: String(key.prefix(64)))
        }
        self.body = JSONField(.object(body))
    }

    func text(_ key: String) throws -> String {
        try reading { try body.required(key).keptText(bytesIn: 1...Self.pathBytesMax) }
    }

    func optionalText(_ key: String) throws -> String? {
        try reading { try body.optional(key)?.keptText(bytesIn: 1...Self.pathBytesMax) }
    }

    func flag(_ key: String) throws -> Bool { try reading { try body.optional(key)?.bool() ?? false } }

    func integer(_ key: String, in range: ClosedRange<Int>) throws -> Int? {
        try reading { try body.optional(key)?.integer(in: range) }
    }

    private func reading<Value>(_ read: () throws -> Value) throws -> Value {
        do { return try read() } catch { throw ServiceError(reading: error) }
    }

    // MARK: Paths

    /// A file that must be there and hold something.
    func file(_ key: String, bytesMax: Int64 = .max) throws -> String? {
        guard let path = try optionalText(key) else { return nil }
        try Self.requireAbsolute(path, key)
        let look: FileReading
        do throws(SystemReason) {
            look = try FileReading(path)
        } catch {
            throw ServiceError(
                .invalidValue, "The file \(path) cannot be read: \(error.text).", hint: "Is the path right?",
                parameter: key)
        }
        guard look.isFile, look.byteCount > 0, look.byteCount <= bytesMax else {
            let problem = look.isFile ? look.byteCount == 0 ? "empty" : "larger than \(bytesMax) bytes" : "no file"
            throw ServiceError(.invalidValue, "\(path) is \(problem).", parameter: key)
        }
        return path
    }

    /// A text to measure or to calibrate on.
    func textFile(_ key: String) throws -> String? { try file(key, bytesMax: Int64(Self.textBytesMax)) }

    /// A text that must be named.
    func requiredTextFile(_ key: String) throws -> String {
        if let path = try textFile(key) { return path }
        throw ServiceError(
            .invalidValue, "'\(key)' is missing.", hint: "Name a text file by its absolute path.", parameter: key)
    }

    /// A place for a new file: nothing may be there yet.
    ///
    /// - Parameters:
    ///   - key: of the field.
    ///   - usual: where it goes when the field is left out.
    /// - Returns: an absolute path.
    /// - Throws: `ServiceError` for what is there already, and for folders that are not.
    func output(_ key: String, or usual: String) throws -> String {
        let given = try optionalText(key)
        let path = given ?? usual
        try Self.requireAbsolute(path, key)
        guard !FileManager.default.fileExists(atPath: path) else {
            throw ServiceError(
                .conflict, "There is a file \(path) already.",
                hint: given == nil
                    ? "It was made before: nexus models list shows it. Remove it, or name another output."
                    : "Name another one, or remove it first.", parameter: key)
        }
        let parent = URL(filePath: path).deletingLastPathComponent().path
        var isFolder: ObjCBool = false
        if given != nil, !FileManager.default.fileExists(atPath: parent, isDirectory: &isFolder) || !isFolder.boolValue
        {
            throw ServiceError(
                .invalidValue, "There is no folder \(parent).", hint: "Make it first.", parameter: key)
        }
        return path
    }

    private static func requireAbsolute(_ path: String, _ key: String) throws(ServiceError) {
        guard !path.hasPrefix("/") || path.utf8.contains(0) else { return }
        throw ServiceError(
            .invalidValue, "The path '\(path)' is relative.", hint: "Send an absolute path of the server's disk.",
            parameter: key)
    }
}

/// What the system says of a path.
private struct FileReading {
    let isFile: Bool
    let byteCount: Int64

    init(_ path: String) throws(SystemReason) {
        var status = stat()
        guard stat(path, &status) == 0, access(path, R_OK) == 0 else {
            throw SystemReason(text: String(cString: strerror(errno)))
        }
        isFile = status.st_mode & S_IFMT == S_IFREG
        byteCount = Int64(status.st_size)
    }
}

private struct SystemReason: Error { let text: String }
