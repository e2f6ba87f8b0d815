import HTTPServing
import JSONText
import RequestScope
import Vocabulary

/// What a request says of who is to answer and how soon: members of `nexus`, or headers.
enum RoutingFields {
    static let members = ["tags", "prefer", "ensemble", "first_token_timeout_ms", "timeout_ms"]

    /// Reads members of `nexus`; what they do not say stays as it is.
    ///
    /// - Parameters:
    ///   - field: the object.
    ///   - wish: what applies so far, as headers have it.
    /// - Throws: the path of what is wrong.
    static func read(_ field: JSONField, into wish: inout RoutingWish) throws(JSONFieldError) {
        if let tags = try field.optional("tags") {
            wish.tags = []
            for element in try tags.elements(countMax: RoutingWish.tagsMax) { wish.tags.append(try tag(element)) }
        }
        if let name = try field.optional("prefer") { wish.preference = try modelName(name) }
        if let name = try field.optional("ensemble") { wish.ensemble = try modelName(name) }
        if let time = try field.optional("first_token_timeout_ms") { wish.firstTokenMax = try limit(time) }
        if let time = try field.optional("timeout_ms") { wish.totalMax = try limit(time) }
    }

    /// Reads `X-Nexus-Tags` (a list with commas), `X-Nexus-Prefer`, `X-Nexus-Ensemble`, `X-Nexus-First-Token-Timeout-Ms`
    /// and `X-Nexus-Timeout-Ms`.
    ///
    /// - Parameter headers: of the request.
    /// - Returns: what they say.
    /// - Throws: the header's name, and what is wrong with it.
    static func read(_ headers: HTTPHeaders) throws(JSONFieldError) -> RoutingWish {
        var wish = RoutingWish()
        if let text = headers["X-Nexus-Tags"] {
            let words = text.split(separator: ",").map { $0.drop { $0 == " " } }
            let field = JSONField(.string(text), path: "X-Nexus-Tags")
            guard words.count <= RoutingWish.tagsMax else {
                throw field.fail("has \(words.count) tags, at most \(RoutingWish.tagsMax) are allowed")
            }
            for word in words {
                var trimmed = String(word)
                while trimmed.last == " " { trimmed.removeLast() }
                if !trimmed.isEmpty { wish.tags.append(try tag(JSONField(.string(trimmed), path: field.path))) }
            }
        }
        func field(_ name: String) -> JSONField? { headers[name].map { JSONField(.string($0), path: name) } }
        if let name = field("X-Nexus-Prefer") { wish.preference = try modelName(name) }
        if let name = field("X-Nexus-Ensemble") { wish.ensemble = try modelName(name) }
        if let time = field("X-Nexus-First-Token-Timeout-Ms") { wish.firstTokenMax = try limit(number(time)) }
        if let time = field("X-Nexus-Timeout-Ms") { wish.totalMax = try limit(number(time)) }
        return wish
    }

    /// The JSON Schemas of the members.
    static let schema: JSONObject = [
        "tags": [
            "type": "array", "items": ["type": "string"], "maxItems": .whole(RoutingWish.tagsMax),
            "description": "Words that routes may have rules for.",
        ],
        "prefer": [
            "type": "string", "description": "A model that the caller would rather have, where the route has it.",
        ],
        "ensemble": ["type": "string", "description": "The ensemble that is to answer."],
        "first_token_timeout_ms": [
            "type": "number", "minimum": 1, "maximum": .number(RequestBounds.deadlineMillisecondsMax),
            "description": "Another deployment is asked when nothing of the answer has come by then.",
        ],
        "timeout_ms": [
            "type": "number", "minimum": 1, "maximum": .number(RequestBounds.deadlineMillisecondsMax),
            "description": "The answer must be whole by then, with everything that was tried.",
        ],
    ]

    private static func tag(_ field: JSONField) throws(JSONFieldError) -> String {
        let text = try field.string()
        guard RoutingWish.isTag(text) else {
            throw field.fail(
                "must have 1 to \(RoutingWish.tagBytesMax) letters, digits and -_.:/=, not \(JSONValue.string(String(text.prefix(80))).text)"
            )
        }
        return text
    }

    private static func modelName(_ field: JSONField) throws(JSONFieldError) -> String {
        let name = try field.keptText(bytesIn: 1...RequestBounds.nameBytesMax)
        guard name.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { throw field.fail("must have no spaces") }
        return name
    }

    private static func number(_ field: JSONField) throws(JSONFieldError) -> JSONField {
        guard let number = Double(try field.string()) else { throw field.fail("must be a number of milliseconds") }
        return JSONField(.number(number), path: field.path)
    }

    private static func limit(_ field: JSONField) throws(JSONFieldError) -> Duration {
        Duration(wireMilliseconds: try field.number(in: 1...RequestBounds.deadlineMillisecondsMax))
    }
}
