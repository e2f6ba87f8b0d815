import JSONText
import RequestScope
import Vocabulary

/// What a client says on a chat socket.
enum ChatSocketMessage {
    /// Answer a chat. The body is that of `/v1/chat/completions`; its `stream` does not matter. What is kept for some seconds can be
    /// taken up again on another socket.
    case start(id: String, body: JSONValue, keptFor: Int?)
    /// Tell an answer that is kept, from the chunk after a number on.
    case resume(id: String, answer: String, after: Int?)
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
                self = .start(
                    id: try Self.id(root), body: .object(try root.required("body").object()),
                    keptFor: try root.optional("keep")?.integer(in: ChatSocketAnswers.patiences))
            case "resume":
                self = .resume(
                    id: try Self.id(root), answer: try root.required("answer").string(bytesIn: 1...Self.idBytesMax),
                    after: try root.optional("after")?.integer(in: 0...Int(Int32.max)))
            case "cancel": self = .cancel(id: try Self.id(root))
            case "ping": self = .ping(try root.optional("data")?.value)
            case let other:
                throw type.fail(
                    "must be \"start\", \"resume\", \"cancel\" or \"ping\", not \"\(other.prefix(40))\"")
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
