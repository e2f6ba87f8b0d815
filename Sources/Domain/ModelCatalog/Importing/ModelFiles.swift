/// The disk, as far as the catalogue needs it. Blocking calls: they run on a thread of their own.
///
/// Implemented by `Platform` on the real disk.
public protocol ModelFiles: Sendable {
    /// What lies at a path, with links followed; `nil` when there is nothing.
    ///
    /// - Throws: when it cannot be looked at.
    func look(at path: String) throws(ModelFileError) -> FileLook?

    /// The names in a folder, unsorted, without `.` and `..`.
    ///
    /// - Throws: when it cannot be read, or when there are more.
    func names(in folder: String, countMax: Int) throws(ModelFileError) -> [FolderName]

    /// A small file.
    ///
    /// - Throws: when it cannot be read, or when it is larger.
    func bytes(of path: String, countMax: Int) throws(ModelFileError) -> [UInt8]

    /// What a model file tells of itself, checked.
    ///
    /// - Throws: with the field's name, when the file is damaged or of no known format.
    func read(_ path: String) throws(ModelFileError) -> ReadModel

    /// The absolute path with every link followed.
    ///
    /// - Throws: when there is nothing, or links lead in a circle.
    func resolved(_ path: String) throws(ModelFileError) -> String
}

/// Something that lies at a path.
public struct FileLook: Sendable, Equatable {
    public enum Kind: Sendable { case file, folder, other }

    public var kind: Kind
    public var identity: FileIdentity

    public init(kind: Kind, identity: FileIdentity) {
        self.kind = kind
        self.identity = identity
    }
}

/// A name in a folder.
public enum FolderName: Sendable, Hashable {
    case text(String)
    /// Bytes that are no UTF-8. Nobody could type such a path, nor could the API tell it.
    case unreadable([UInt8])
}

/// What a model file tells of itself.
public struct ReadModel: Sendable, Equatable {
    public var metadata: ModelMetadata
    public var texts: ModelTexts
    /// What the file is: weights, a projector, an adapter.
    public var role: ModelFile.Role
    /// Of a model in several files: how many, and which one this is, from 0.
    public var part: FileNaming.Part?

    public init(
        metadata: ModelMetadata, texts: ModelTexts = ModelTexts(), role: ModelFile.Role, part: FileNaming.Part? = nil
    ) {
        self.metadata = metadata
        self.texts = texts
        self.role = role
        self.part = part
    }
}

/// Why a file was not taken.
public struct ModelFileError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: String, Sendable {
        case missing, unreadable, tooMany, tooLarge, damaged, unsupported
    }

    public let code: Code
    public let path: String
    /// A full sentence without the path.
    public let problem: String

    public init(_ code: Code, _ path: String, _ problem: String) {
        self.code = code
        self.path = path
        self.problem = problem
    }

    public var description: String { "\(path): \(problem)" }
}
