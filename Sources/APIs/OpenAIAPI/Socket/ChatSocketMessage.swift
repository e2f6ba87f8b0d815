import JSONText
import RequestScope
import Vocabulary

/// What a client says on a chat socket.
enum ChatSocketMessage {
    /// Answer a chat. The body is that of `/v1/chat/completions`; its `stream` does not matter.
    case start(id: String, body: JSONValue)
    case cancel(id: String)
    case ping(JSONValue?)

    static let idBytesMax = 64

    /// - Parameter text: one frame.
    /// - Throws: a `ServiceError` with the path of what is wrong.
    init(_ text: String) throws(ServiceError) {
        let root = try JSONField.body(Array(text.utf8))
        do {
            let type = try root.required("type")
            switch try type.string() {
            case "start":
                self = .start(id: try Self.id(root), body: .object(try root.required("body").object()))
            case "cancel": self = .cancel(id: try Self.id(root))
            case "ping": self = .ping(try root.optional("data")?.value)
            case let other: throw type.fail("must be \"start\", \"cancel\" or \"ping\", not \"\(other.prefix(40))\"")
            }
        } catch {
            throw ServiceError(reading: error)
        }
    }

    private static func id(_ root: JSONField) throws(JSONFieldError) -> String {
        try root.required("id").string(bytesIn: 1...idBytesMax)
    }

    /// The id of a message that is wrong elsewhere, so that its error finds whoever sent it.
    static func id(of text: String) -> String? {
        do { return try JSONValue.parse(text)["id"]?.string.map { String($0.prefix(idBytesMax)) } } catch { return nil }
    }
}
