public import GGUF

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Something that may be a model: a file, or a checkpoint's folder.
public enum ModelItem {
    case file(name: String, any ByteSource)
    case folder(any ModelFolder)

    /// What it is called.
    var name: String {
        switch self {
        case .file(let name, _): name
        case .folder(let folder): folder.name
        }
    }

    /// Opens what lies at a path.
    ///
    /// - Throws: `unreadable` with the system's reason.
    public init(path: String) throws(ModelFormatError) {
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            self = .folder(try FolderOnDisk(path: path))
            return
        }
        let name = path.split(separator: "/").last.map(String.init) ?? path
        do throws(GGUFError) {
            self = .file(name: name, try FileBytes(path: path))
        } catch {
            throw ModelFormatError(error, in: path)
        }
    }
}

/// A format of model files: knows its own, and tells what a file says of itself. Weights are never read.
///
/// Values only; may be called on any thread. Reading blocks.
public protocol ModelFormat: Sendable {
    var format: ModelFileFormat { get }

    /// Whether this is of the format, by its first bytes or the folder's files. A damaged file of the format is still of it.
    ///
    /// - Throws: `unreadable` only.
    func recognises(_ item: ModelItem) throws(ModelFormatError) -> Bool

    /// What the file says of itself, every part of it checked.
    ///
    /// - Throws: `ModelFormatError`, which names the field and where it stands.
    func summary(of item: ModelItem) throws(ModelFormatError) -> ModelFileSummary
}

/// The formats that are known.
public enum ModelFormats {
    public static let all: [any ModelFormat] = [GGUFFormat(), SafeTensorsFormat(), ONNXFormat()]

    /// The format of a file or folder; `nil` when it is none of them.
    public static func format(of item: ModelItem) throws(ModelFormatError) -> (any ModelFormat)? {
        for format in all where try format.recognises(item) { return format }
        return nil
    }

    /// What a file or folder says of itself.
    ///
    /// - Parameter path: a GGUF, SafeTensors or ONNX file, or a checkpoint's folder.
    /// - Returns: what is the same in all formats, and what only this one has.
    /// - Throws: `unknownFormat`, and what the format finds wrong.
    public static func summary(atPath path: String) throws(ModelFormatError) -> ModelFileSummary {
        try summary(of: try ModelItem(path: path))
    }

    /// What something says of itself.
    ///
    /// - Throws: `unsafeFormat` for pickles, `unknownFormat`, and what the format finds wrong.
    static func summary(of item: ModelItem) throws(ModelFormatError) -> ModelFileSummary {
        guard let format = try format(of: item) else {
            if let refusal = try pickleRefusal(of: item) { throw refusal }
            throw ModelFormatError(
                .unknownFormat, in: item.name, "format", found: "none of them",
                allowed: "a file in GGUF, SafeTensors or ONNX, or a folder with config.json and model.safetensors")
        }
        return try format.summary(of: item)
    }

    private static func pickleRefusal(of item: ModelItem) throws(ModelFormatError) -> ModelFormatError? {
        switch item {
        case .file(let name, let source): try PickledWeights.refusal(of: name, source)
        case .folder(let folder): try PickledWeights.refusal(of: folder)
        }
    }
}
