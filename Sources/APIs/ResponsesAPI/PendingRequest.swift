import HTTPServing
import JSONText
import Vocabulary

/// What has to be known to write a response from its beginning in another process: the request as it came, and with which
/// credential. Of the credential there is its id, and what it said where nobody else knows it; no secret.
struct PendingRequest: Sendable {
    /// The body as it was sent.
    let body: JSONValue
    /// What headers said of scheduling and routing.
    let headers: HTTPHeaders
    let origin: Principal.Origin
    /// As ``BackgroundStanding/testimony`` told it.
    let testimony: JSONObject?

    private static let prefix = "x-nexus-"

    init(body: JSONValue, headers: HTTPHeaders, origin: Principal.Origin, testimony: JSONObject?) {
        self.body = body
        var kept = HTTPHeaders()
        for field in headers.fields where field.name.lowercased().hasPrefix(Self.prefix) {
            kept.append(field.name, field.value)
        }
        self.headers = kept
        self.origin = origin
        self.testimony = testimony
    }

    /// - Returns: `nil` when it was written by a version that says it differently.
    init?(_ json: JSONObject) {
        guard let body = json["body"], let origin = Self.origin(json["origin"]) else { return nil }
        var headers = HTTPHeaders()
        for (name, value) in json["headers"]?.object ?? [:] { headers.append(name, value.string ?? "") }
        (self.body, self.headers, self.origin) = (body, headers, origin)
        testimony = json["testimony"]?.object
    }

    var json: JSONObject {
        var object: JSONObject = [
            "body": body, "headers": .object(JSONObject(headers.fields.map { ($0.name, .string($0.value)) })),
            "origin": described,
        ]
        object["testimony"] = testimony.map(JSONValue.object)
        return object
    }

    private var described: JSONValue {
        switch origin {
        case .open: ["kind": "open"]
        case .anonymous: ["kind": "anonymous"]
        case .local: ["kind": "local"]
        case .session(let id): ["kind": "session", "id": .string(id)]
        case .apiKey(let id): ["kind": "key", "id": .string(id)]
        case .token(let id): ["kind": "token", "id": .string(id)]
        }
    }

    private static func origin(_ value: JSONValue?) -> Principal.Origin? {
        let id = value?["id"]?.string ?? ""
        return switch value?["kind"]?.string {
        case "open": .open
        case "anonymous": .anonymous
        case "local": .local
        case "session": .session(id)
        case "key": .apiKey(id)
        case "token": .token(id)
        default: nil
        }
    }
}
