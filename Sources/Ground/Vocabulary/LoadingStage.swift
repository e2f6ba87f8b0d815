/// What a request waits for while its model is not in memory.
public enum LoadingStage: Sendable, Equatable {
    /// Others are loaded first; 0 is next.
    case queued(position: Int)
    /// Another model leaves, to make room.
    case evicting(String)
    /// The model is being read.
    case loading
    /// It serves; the answer begins.
    case ready

    /// A stable word.
    public var name: String {
        switch self {
        case .queued: "queued"
        case .evicting: "evicting"
        case .loading: "loading"
        case .ready: "ready"
        }
    }

    /// For people, without the name of the model that is waited for.
    public var description: String {
        switch self {
        case .queued(let position): position == 0 ? "queued" : "queued behind \(position)"
        case .evicting(let name): "evicting \(name)"
        case .loading: "loading"
        case .ready: "ready"
        }
    }
}
