import JSONText
import Vocabulary

extension TokenLogprob {
    /// An element of `logprobs.content`, with the token's id as llama-server has it.
    var value: JSONValue {
        var object = chosen.members
        object["top_logprobs"] = .array(top.map { .object($0.members) })
        return .object(object)
    }

    /// - Parameter value: an element of another server's list; `nil` when it is no such thing.
    init?(_ value: JSONValue) {
        guard let chosen = Alternative(value) else { return nil }
        self.init(chosen: chosen, top: (value["top_logprobs"]?.array ?? []).compactMap { Alternative($0) })
    }
}

extension TokenLogprob.Alternative {
    /// OpenAI's number for "so unlikely that there is no telling".
    private static let leastLogprob = -9999.0

    /// The token's text; halves of characters become U+FFFD, `bytes` has them as they are.
    private var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The text as a name in the older format, where halves of characters are written out so that names differ.
    fileprivate var name: String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        let digits = bytes.map { "\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        return "bytes:" + digits.joined()
    }

    fileprivate var number: JSONValue {
        .number(logprob.isNaN ? Self.leastLogprob : min(max(logprob, Self.leastLogprob), 0))
    }

    fileprivate var members: JSONObject {
        var object: JSONObject = [
            "token": .string(text), "logprob": number, "bytes": .array(bytes.map { .integer(Int64($0)) }),
        ]
        if token >= 0 { object["id"] = .integer(Int64(token)) }
        return object
    }

    /// -1 stands for a token whose id was not told.
    fileprivate init?(_ value: JSONValue) {
        guard let logprob = value["logprob"]?.double else { return nil }
        let told = value["bytes"]?.array?.compactMap { $0.integer.flatMap { UInt8(exactly: $0) } }
        self.init(
            token: value["id"]?.integer.flatMap { Int32(exactly: $0) } ?? -1,
            bytes: told ?? Array((value["token"]?.string ?? "").utf8), logprob: logprob)
    }
}

/// The member `logprobs` of a choice.
struct WireLogprobs {
    /// Characters (Unicode scalars) of the answer before the next token.
    private var textOffset = 0

    /// - Parameters:
    ///   - tokens: what was written since the last call.
    ///   - kind: chats have OpenAI's format of today; texts have its older one, and today's beside it, which is what
    ///     llama-server sends for them.
    /// - Returns: the member, `null` without tokens.
    mutating func value(_ tokens: [TokenLogprob], _ kind: CompletionRequest.Kind) -> JSONValue {
        guard !tokens.isEmpty else { return .null }
        let content = JSONValue.array(tokens.map(\.value))
        guard kind == .text else { return ["content": content, "refusal": nil] }
        let offsets = tokens.map { token in
            defer { textOffset += token.chosen.bytes.count { $0 & 0xC0 != 0x80 } }
            return JSONValue.whole(textOffset)
        }
        return [
            "tokens": .array(tokens.map { .string($0.chosen.name) }),
            "token_logprobs": .array(tokens.map(\.chosen.number)),
            "top_logprobs": .array(
                tokens.map { token in .object(JSONObject(token.top.map { ($0.name, $0.number) })) }),
            "text_offset": .array(offsets), "content": content,
        ]
    }

    /// The tokens in another server's member.
    static func tokens(_ value: JSONValue?) -> [TokenLogprob] {
        (value?["content"]?.array ?? []).compactMap { TokenLogprob($0) }
    }
}
