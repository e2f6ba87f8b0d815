/// How far a download is, as people see it.
public struct DownloadProgress: Sendable, Equatable {
    public enum Stage: String, Sendable {
        /// Asking the hub what there is.
        case listing
        case fetching
        /// A file that is here is compared with its checksum.
        case checking
        /// Something failed and is tried again in a moment.
        case waiting
        case done
    }

    public var stage = Stage.listing
    /// Bytes that are here, of all files.
    public var bytes = 0
    /// Bytes of all files; `nil` until the hub has told.
    public var bytesTotal: Int?
    /// Complete ones.
    public var files = 0
    public var filesTotal = 0
    /// The file that is being fetched.
    public var file: String?
    /// Over the last seconds.
    public var bytesPerSecond: Int?
    /// A remark for people: what failed and when it is tried again.
    public var note: String?

    public init() {}

    /// Seconds until the end at the present rate; `nil` while that cannot be told.
    public var secondsLeft: Int? {
        guard let bytesTotal, let bytesPerSecond, bytesPerSecond > 0, stage != .done else { return nil }
        return max(0, bytesTotal - bytes) / bytesPerSecond
    }
}

/// What happened to a download, once: for logs and records. Progress is not among it.
public enum DownloadEvent: Sendable, Equatable {
    case chosen(repository: String, commit: String, files: [String], bytes: Int)
    case resumed(file: String, bytes: Int)
    case setback(file: String, reason: String, after: Duration)
    case ledgerFailed(file: String, reason: String)
    case checksumWrong(file: String, expected: String, found: String)
    /// The repository has changed meanwhile; the download begins again.
    case changed(reason: String)
    case fetched(file: String, checksum: String, isVerified: Bool)

    /// One line for people.
    public var line: String {
        switch self {
        case .chosen(let repository, let commit, let files, let bytes):
            "\(repository) at \(commit.prefix(12)): \(files.count) files, \(ByteText.shown(bytes))"
        case .resumed(let file, let bytes): "\(file): \(ByteText.shown(bytes)) are here from before"
        case .setback(let file, let reason, let after):
            "\(file): \(reason) Next try in \(Int((after / .milliseconds(1)).rounded())) ms."
        case .ledgerFailed(let file, let reason): "\(file): \(reason)"
        case .checksumWrong(let file, let expected, let found):
            "\(file): the checksum is \(found) instead of \(expected); all of it is fetched again"
        case .changed(let reason): "\(reason) The download begins again."
        case .fetched(let file, let checksum, let isVerified):
            isVerified ? "\(file): complete, checked (\(checksum))" : "\(file): complete; the hub tells no checksum"
        }
    }
}

/// A model that is here, complete.
public struct DownloadedModel: Sendable, Equatable {
    public let repository: HubRepository
    public let commit: String
    public let kind: FileChoice.Kind
    public let quantisation: String?
    /// Absolute path of what a program opens: the GGUF file's first part, or the weights.
    public let primaryPath: String
    /// Absolute.
    public let projectorPath: String?
    /// Absolute path of the folder of the repository.
    public let folder: String
    public let files: [FetchedFile]
}
