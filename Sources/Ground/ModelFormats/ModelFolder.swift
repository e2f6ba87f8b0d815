public import GGUF

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The files of a checkpoint's folder, by their names in it.
public protocol ModelFolder: Sendable {
    /// What the folder is called, for errors and as the model's name.
    var name: String { get }

    /// A file of the folder; `nil` when there is none of this name.
    ///
    /// - Parameter name: relative to the folder; never with `..`, and never absolute (see `isInside`).
    /// - Returns: the open file.
    /// - Throws: `unreadable`, also for what is there and is no readable file.
    func file(_ name: String) throws(ModelFormatError) -> (any ByteSource)?
}

extension ModelFolder {
    /// A file that must be there.
    public func required(_ name: String) throws(ModelFormatError) -> any ByteSource {
        if let source = try file(name) { return source }
        throw ModelFormatError(
            .missing, in: self.name, name, found: "no such file", allowed: "a folder that has this file")
    }

    /// The whole of a text file; `nil` when there is none.
    public func bytes(of name: String, max: Int) throws(ModelFormatError) -> [UInt8]? {
        guard let source = try file(name) else { return nil }
        guard source.byteCount <= UInt64(max) else {
            throw ModelFormatError(
                .tooLarge, in: name, "size", found: "\(source.byteCount) bytes", allowed: "at most \(max) bytes")
        }
        return try source.bytes(0, count: Int(source.byteCount), of: "text", in: name)
    }
}

/// Whether a name that stands in a file of the folder stays inside it: parts that are names, none of them `..`.
func isInside(_ name: String) -> Bool {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    return name.utf8.count <= 512 && parts.count <= 8
        && parts.allSatisfy { part in
            !part.isEmpty && part != "." && part != ".." && part.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
        }
}

/// A folder of this machine.
public struct FolderOnDisk: ModelFolder {
    public let path: String

    /// - Parameter path: as the system takes it; nothing is expanded.
    /// - Throws: `unreadable` when there is no such folder.
    public init(path: String) throws(ModelFormatError) {
        var status = stat()
        guard stat(path, &status) == 0 else { throw Self.failure(path, errno) }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            if case .file(let name, let source) = try ModelItem(path: path),
                let refusal = try PickledWeights.refusal(of: name, source)
            {
                throw refusal
            }
            throw ModelFormatError(
                .unreadable, in: path, "folder", found: "a file",
                allowed: "the folder that it lies in, with config.json and the tokenizer")
        }
        self.path = path
    }

    public var name: String {
        path.split(separator: "/").last { $0 != "." }.map(String.init) ?? "model"
    }

    public func file(_ name: String) throws(ModelFormatError) -> (any ByteSource)? {
        guard isInside(name) else {
            throw ModelFormatError(
                .malformed, in: self.name, "file name", found: name, allowed: "a name inside of the folder")
        }
        let path = "\(self.path)/\(name)"
        guard access(path, F_OK) == 0 else {
            let code = errno
            if code == ENOENT || code == ENOTDIR { return nil }
            throw Self.failure(name, code)
        }
        do throws(GGUFError) {
            return try FileBytes(path: path)
        } catch {
            throw ModelFormatError(error, in: name)
        }
    }

    private static func failure(_ path: String, _ code: Int32) -> ModelFormatError {
        ModelFormatError(
            .unreadable, in: path, "file", found: String(cString: strerror(code)), allowed: "something readable")
    }
}

extension ByteSource {
    /// Exactly that many bytes, or an error that names the file.
    func bytes(_ offset: UInt64, count: Int, of field: String, in file: String) throws(ModelFormatError) -> [UInt8] {
        guard offset <= byteCount, UInt64(count) <= byteCount - offset else {
            throw ModelFormatError(
                .truncated, in: file, field, at: offset, found: "\(count) bytes",
                allowed: "at most \(byteCount - min(offset, byteCount)) bytes, the rest of the file")
        }
        let bytes: [UInt8]
        do {
            bytes = try read(offset: offset, count: count)
        } catch let error as GGUFError {
            throw ModelFormatError(error, in: file)
        } catch {
            throw ModelFormatError(
                .unreadable, in: file, field, at: offset, found: String(describing: error), allowed: "\(count) bytes")
        }
        guard bytes.count == count else {
            throw ModelFormatError(
                .unreadable, in: file, field, at: offset, found: "\(bytes.count) bytes",
                allowed: "\(count) bytes; the file became shorter while it was read")
        }
        return bytes
    }
}
