import JSONText
import RequestScope
import Vocabulary

/// What a chat socket tells of one answer, as it is kept for those who come back.
struct ChatSocketEvent: Sendable {
    /// The number of a chunk; other events have none.
    let sequence: Int?
    /// Whether it only tells what is being waited for.
    let isPassing: Bool
    /// The members of its message but for the client's id, which is another one when the answer is taken up again.
    private let members: String

    private init(_ object: JSONObject, sequence: Int? = nil, isPassing: Bool = false) {
        self.sequence = sequence
        self.isPassing = isPassing
        members = String(JSONValue.object(object).text.dropFirst().dropLast())
    }

    static func chunk(_ chunk: JSONValue, _ sequence: Int) -> Self {
        Self(["type": "chunk", "sequence": .whole(sequence), "chunk": chunk], sequence: sequence)
    }

    static func loading(_ stage: String) -> Self {
        Self(["type": "loading", "stage": .string(stage)], isPassing: true)
    }

    static func error(_ error: ServiceError, _ request: RequestID) -> Self {
        var object = WireError(error, requestID: request).body.object ?? [:]
        object["type"] = "error"
        return Self(object)
    }

    /// The last event of an answer.
    static func done(_ reason: String, chunks: Int) -> Self {
        Self(["type": "done", "reason": .string(reason), "chunks": .whole(chunks)])
    }

    /// An answer begins that can be taken up again, under this name.
    static func kept(_ answer: String) -> Self { Self(["type": "kept", "answer": .string(answer)], isPassing: true) }

    var byteCount: Int { members.utf8.count }

    /// As it is sent to whoever calls the answer so; without an id it is about no answer.
    func text(id: String?) -> String {
        guard let id else { return "{\(members)}" }
        return "{\"id\":\(JSONValue.string(id).text),\(members)}"
    }
}
