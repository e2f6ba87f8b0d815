/// Something that happened to a model, as it is kept.
public struct CatalogEvent: Sendable, Equatable {
    /// Rises with each event; set by the store.
    public var number: Int64 = 0
    /// Microseconds since 1970.
    public var at: Int64
    public var model: ModelName
    public var what: What
    /// Which deployment of the model, where it concerns one.
    public var deployment: String?
    /// For people: a reason, a path, a count.
    public var detail: String?

    public init(at: Int64, model: ModelName, what: What, deployment: String? = nil, detail: String? = nil) {
        self.at = at
        self.model = model
        self.what = what
        self.deployment = deployment
        self.detail = detail
    }

    /// The kinds of events: those of the life cycle, and those that leave the state as it is.
    public enum What: Sendable, Equatable {
        case change(ModelChange, before: ModelState, after: ModelState)
        /// Files are not what they were when they were noted.
        case filesChanged
        /// Metadata, files or defaults were read anew.
        case refreshed
        /// Notes, rating or tags.
        case described

        /// As it is kept.
        public var name: String {
            switch self {
            case .change(let change, _, _): change.rawValue
            case .filesChanged: "files_changed"
            case .refreshed: "refreshed"
            case .described: "described"
            }
        }

        /// Reads what was kept.
        ///
        /// - Parameters:
        ///   - name: of the event.
        ///   - before: the state's text, for changes of it.
        ///   - after: likewise.
        public init?(name: String, before: String?, after: String?) {
            switch name {
            case "files_changed": self = .filesChanged
            case "refreshed": self = .refreshed
            case "described": self = .described
            default:
                guard let change = ModelChange(rawValue: name),
                    let before = before.flatMap({ ModelState(text: $0) }),
                    let after = after.flatMap({ ModelState(text: $0) })
                else { return nil }
                self = .change(change, before: before, after: after)
            }
        }
    }

    /// Bytes of a detail that are kept.
    public static let detailBytesMax = 4_096
}
