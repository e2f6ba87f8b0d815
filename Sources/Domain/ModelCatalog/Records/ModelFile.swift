/// One file of a model, as it was when it was last looked at.
public struct ModelFile: Sendable, Hashable {
    /// What a file is to its model.
    public enum Role: String, Sendable, Hashable, CaseIterable {
        /// The weights, or one part of them; the parts in order.
        case weights
        /// Reads images or recordings.
        case projector
        /// A LoRA adapter.
        case adapter
        /// The draft that guesses ahead.
        case draft
        /// Tokenizer, configuration and what else lies beside weights.
        case other
    }

    /// Absolute.
    public var path: String
    public var role: Role
    public var identity: FileIdentity
    /// SHA-256 as 64 lower-case digits, where somebody has computed or promised it.
    public var sha256: String?

    public init(path: String, role: Role, identity: FileIdentity, sha256: String? = nil) {
        self.path = path
        self.role = role
        self.identity = identity
        self.sha256 = sha256
    }

    /// The file as a look at the disk tells it.
    public var withoutDigest: ModelFile { ModelFile(path: path, role: role, identity: identity) }
}

/// By what a file is known again without reading it (`stat(2)`).
public struct FileIdentity: Sendable, Hashable {
    public var byteCount: Int64
    /// Nanoseconds since 1970.
    public var modifiedAt: Int64
    public var device: Int64
    public var inode: Int64

    public init(byteCount: Int64, modifiedAt: Int64, device: Int64, inode: Int64) {
        self.byteCount = byteCount
        self.modifiedAt = modifiedAt
        self.device = device
        self.inode = inode
    }

    /// Whether both are names of one file on one disk, whatever it holds.
    public func isSameFile(as other: FileIdentity) -> Bool { device == other.device && inode == other.inode }
}

/// What has become of a file since it was noted.
public enum FileStanding: Sendable, Equatable {
    case unchanged
    /// There is no file any more.
    case vanished
    /// Another file lies there, or the same with other contents.
    case changed(FileIdentity)
    /// It cannot be looked at.
    case unreadable(String)

    /// Compares what was noted with what is there.
    ///
    /// - Parameters:
    ///   - noted: then.
    ///   - found: now; `nil` when there is nothing.
    /// - Returns: `changed` also where only size or time differ: whoever wrote the same bytes again did write.
    public static func compare(_ noted: FileIdentity, _ found: FileIdentity?) -> FileStanding {
        guard let found else { return .vanished }
        return noted == found ? .unchanged : .changed(found)
    }

    /// One word.
    public var name: String {
        switch self {
        case .unchanged: "unchanged"
        case .vanished: "vanished"
        case .changed: "changed"
        case .unreadable: "unreadable"
        }
    }
}
