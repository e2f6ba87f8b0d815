/// What has become of a model on this machine. Each state says where it may go; `ModelState.after(_:)` is the only way there.
public enum ModelState: Sendable, Hashable {
    /// Its name is known, its files are not here: never fetched, given up, or gone. Can transition to: downloading,
    /// downloaded.
    case unknown
    /// Its files are being fetched. Can transition to: downloaded, failed(.downloading), unknown.
    case downloading
    /// Its files are here and nothing has been started from them yet. Can transition to: loading, unknown.
    case downloaded
    /// A worker reads it into memory. Can transition to: ready, failed(.loading), unloading.
    case loading
    /// It answers. Can transition to: unloading, stopped.
    case ready
    /// Its worker finishes what runs and ends. Can transition to: stopped.
    case unloading
    /// It was in memory and is no more. Can transition to: loading, unknown.
    case stopped
    /// The last step did not succeed; it may be tried again. After a download can transition to: downloading, downloaded,
    /// unknown. After loading can transition to: loading, unknown.
    case failed(FailedStep)

    /// The two steps that fail.
    public enum FailedStep: String, Sendable, Hashable, CaseIterable {
        case downloading
        case loading
    }

    /// Every state.
    public static let all: [ModelState] =
        [.unknown, .downloading, .downloaded, .loading, .ready, .unloading, .stopped]
        + FailedStep.allCases.map(ModelState.failed)

    /// The state's word; `failed` for both ways to fail.
    public var name: String {
        switch self {
        case .unknown: "unknown"
        case .downloading: "downloading"
        case .downloaded: "downloaded"
        case .loading: "loading"
        case .ready: "ready"
        case .unloading: "unloading"
        case .stopped: "stopped"
        case .failed: "failed"
        }
    }

    /// The state as it is kept: `failed:loading`.
    public var text: String { if case .failed(let step) = self { "failed:\(step.rawValue)" } else { name } }

    /// Reads what `text` wrote.
    public init?(text: String) {
        guard let state = Self.all.first(where: { $0.text == text }) else { return nil }
        self = state
    }

    /// Whether files of the model are here, so that it can be loaded or is.
    public var hasFiles: Bool {
        switch self {
        case .unknown, .downloading, .failed(.downloading): false
        case .downloaded, .loading, .ready, .unloading, .stopped, .failed(.loading): true
        }
    }

    /// Whether some process works with the model's files now, so that they must not go.
    public var isBusy: Bool {
        switch self {
        case .downloading, .loading, .ready, .unloading: true
        case .unknown, .downloaded, .stopped, .failed: false
        }
    }
}
