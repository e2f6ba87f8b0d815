public import JSONText

/// One answer that is kept so that another request can go on from it: OpenAI's stored responses.
public struct StoredResponse: Sendable, Equatable {
    /// Where an answer stands. Only the first two can change.
    public enum Status: String, Sendable {
        case queued
        case inProgress = "in_progress"
        case completed, incomplete, failed, cancelled

        public var isFinished: Bool { self != .queued && self != .inProgress }
    }

    /// `resp_…`
    public let id: String
    public let owner: DataOwner
    /// Microseconds since 1970.
    public let created: Int64
    public var status: Status
    /// The response that this one goes on from.
    public var previous: String?
    /// The conversation that it belongs to.
    public var conversation: String?
    /// Whether it is written without its client.
    public var isBackground = false
    /// The process that writes it, while it is not finished.
    public var writer: String?
    /// When that process was last known to live, in microseconds since 1970.
    public var touched: Int64
    /// What has to be known to write it from its beginning, while it is not finished.
    public var pending: JSONObject?
    /// How often another process has begun it again.
    public var attempts = 0
    /// The items of its own request, without those before.
    public var input: [JSONValue]
    /// The response object as clients get it.
    public var body: JSONObject

    public init(
        id: String, owner: DataOwner, created: Int64, status: Status, input: [JSONValue], body: JSONObject
    ) {
        self.id = id
        self.owner = owner
        self.created = created
        self.status = status
        self.input = input
        self.body = body
        touched = created
    }

    /// What was asked and what was answered, item by item.
    public var items: [JSONValue] { input + (body["output"]?.array ?? []) }

    /// Bytes of one response, with its request.
    public static let bytesMax = 16 << 20
    /// Responses that follow one from another.
    public static let chainMax = 1_000
    /// Bytes of all of them together, with their requests.
    public static let chainBytesMax = 32 << 20
}

/// A response that is being written, and by whom.
public struct ResponseLease: Sendable, Equatable {
    public let id: String
    public let owner: DataOwner
    /// The process that writes it, and when that was last known to live, in microseconds since 1970.
    public let writer: String
    public let touched: Int64

    public init(id: String, owner: DataOwner, writer: String, touched: Int64) {
        self.id = id
        self.owner = owner
        self.writer = writer
        self.touched = touched
    }
}

/// Keeps responses. An owner sees its own only: everybody else's are not there.
public protocol ResponseStoring: Sendable {
    func add(_ response: StoredResponse) async throws
    func response(_ id: String, of owner: DataOwner) async throws -> StoredResponse?
    /// The response and those before it, the oldest first; ends early where one of them is gone.
    ///
    /// - Throws: `ServiceError` when they are more than ``StoredResponse/chainBytesMax`` together; errors of the store.
    func chain(to id: String, of owner: DataOwner) async throws -> [StoredResponse]
    /// Notes how an unfinished response fares.
    ///
    /// - Parameters:
    ///   - id: of the response.
    ///   - owner: whose it is.
    ///   - writer: who writes it.
    ///   - status: where it stands now.
    ///   - body: the response object.
    ///   - items: what its conversation gets, where it belongs to one.
    /// - Returns: `false` when it is finished already, or gone, or another one writes it by now.
    /// - Throws: errors of the store.
    func update(
        _ id: String, of owner: DataOwner, by writer: String, status: StoredResponse.Status, body: JSONObject,
        appending items: [JSONValue]
    ) async throws -> Bool
    /// Responses that others are writing, the oldest first.
    func unfinished(beside writer: String, countMax: Int) async throws -> [ResponseLease]
    /// Makes a writer the one of an unfinished response, in the place of the one that it had. Of several who try, one does.
    ///
    /// - Returns: whether it is its writer now; `attempts` has grown by one then.
    func claim(_ lease: ResponseLease, by writer: String, at time: Int64) async throws -> Bool
    /// - Returns: whether there was one.
    func remove(_ id: String, of owner: DataOwner) async throws -> Bool
    /// Notes that a process lives and writes its unfinished responses.
    func touch(writer: String, at time: Int64) async throws
    /// Forgets what is older than a moment, and of each owner what is beyond a number.
    func trim(before time: Int64, keeping countMax: Int) async throws
}
