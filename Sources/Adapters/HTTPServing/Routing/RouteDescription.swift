public import JSONText

/// What an API's document says about a route, and the permission that its callers need.
public struct RouteDescription: Sendable, Equatable {
    public struct Parameter: Sendable, Equatable {
        public enum Place: String, Sendable {
            case path, query, header
        }

        public var name: String
        public var place: Place
        public var isRequired: Bool
        public var summary: String
        /// A JSON Schema.
        public var schema: JSONValue

        public init(
            _ name: String, in place: Place, isRequired: Bool = false, summary: String = "",
            schema: JSONValue = ["type": "string"]
        ) {
            self.name = name
            self.place = place
            self.isRequired = isRequired || place == .path
            self.summary = summary
            self.schema = schema
        }
    }

    public struct Content: Sendable, Equatable {
        public var contentType: String
        /// A JSON Schema; `nil` when there is nothing to say.
        public var schema: JSONValue?

        public init(_ contentType: String = "application/json", schema: JSONValue? = nil) {
            self.contentType = contentType
            self.schema = schema
        }

        public static func json(_ schema: JSONValue) -> Self { Self(schema: schema) }
        public static let events = Self("text/event-stream", schema: ["type": "string"])
    }

    public struct Response: Sendable, Equatable {
        public var status: HTTPStatus
        public var summary: String
        /// Empty when there is no body; several when the caller chooses between content types.
        public var contents: [Content]

        public init(_ status: HTTPStatus = .ok, _ summary: String? = nil, _ contents: Content...) {
            self.status = status
            self.summary = summary ?? status.reason
            self.contents = contents
        }
    }

    /// Unique in the API: `createChatCompletion`. `nil` leaves the route out of the document.
    public var operation: String?
    public var summary: String
    public var tags: [String]
    /// Path placeholders that are not described here appear as strings.
    public var parameters: [Parameter]
    public var requestBodies: [Content]
    public var responses: [Response]
    /// What the caller must be allowed to do; `nil` for anyone.
    public var permission: String?

    public init(
        operation: String? = nil, summary: String = "", tags: [String] = [], parameters: [Parameter] = [],
        requestBodies: [Content] = [], responses: [Response] = [], permission: String? = nil
    ) {
        self.operation = operation
        self.summary = summary
        self.tags = tags
        self.parameters = parameters
        self.requestBodies = requestBodies
        self.responses = responses
        self.permission = permission
    }
}
