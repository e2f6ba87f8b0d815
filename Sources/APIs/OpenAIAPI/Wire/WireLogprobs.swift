import Foundation
import JSONText
import Vocabulary

extension TokenLogprob {
    /// An element of `logprobs.content`, with the token's id as llama-server has it.
    var value: JSONValue {
        guard !isAfterSampling else {
            var object = chosen.probabilityMembers
            object["top_probs"] = .array(top.map { .object($0.probabilityMembers) })
            return .object(object)
        }
        var object = chosen.members
        object["top_logprobs"] = .array(top.map { .object($0.members) })
        return .object(object)
    }

    /// - Parameter value: an element of another server's list; `nil` when it is no such thing.
    init?(_ value: JSONValue) {
        guard let chosen = Alternative(value) else { return nil }
        let top = value["top_logprobs"] ?? value["top_probs"]
        self.init(chosen: chosen, top: (top?.array ?? []).compactMap { Alternative($0) })
        isAfterSampling = value["prob"] != nil
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

    /// The same with the probability itself.
    fileprivate var probabilityMembers: JSONObject {
        var object = members
        object["logprob"] = nil
        object["prob"] = .number(min(max(logprob.isNaN ? 0 : exp(logprob), 0), 1))
        return object
    }

    /// -1 stands for a token whose id was not told.
    fileprivate init?(_ value: JSONValue) {
        guard let logprob = value["logprob"]?.double ?? value["prob"]?.double.map({ log(max($0, 0)) }) else {
            return nil
        }
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
    ///   - isPrompt: the first token follows nothing, and has no probability.
    /// - Returns: the member, `null` without tokens.
    mutating func value(
        _ tokens: [TokenLogprob], _ kind: CompletionRequest.Kind, isPrompt: Bool = false
    ) -> JSONValue {
        guard !tokens.isEmpty else { return .null }
        let content = JSONValue.array(tokens.map(\.value))
        guard kind == .text else { return ["content": content, "refusal": nil] }
        let offsets = tokens.map { token in
            defer { textOffset += token.chosen.bytes.count { $0 & 0xC0 != 0x80 } }
            return JSONValue.whole(textOffset)
        }
        return [
            "tokens": .array(tokens.map { .string($0.chosen.name) }),
            "token_logprobs": .array(
                tokens.enumerated().map { isPrompt && $0 == 0 ? .null : $1.chosen.number }),
            "top_logprobs": .array(
                tokens.enumerated().map { index, token in
                    isPrompt && index == 0 ? .null : .object(JSONObject(token.top.map { ($0.name, $0.number) }))
                }),
            "text_offset": .array(offsets), "content": content,
        ]
    }

    /// The member for a prompt and the answer after it.
    mutating func value(prompt: [TokenLogprob], answer: [TokenLogprob]) -> JSONValue {
        var object = value(prompt, .text, isPrompt: true).object ?? JSONObject()
        let rest = value(answer, .text).object ?? JSONObject()
        for name in object.keys { object[name] = .array((object[name]?.array ?? []) + (rest[name]?.array ?? [])) }
        return .object(object)
    }

    /// The tokens in another server's member.
    static func tokens(_ value: JSONValue?) -> [TokenLogprob] {
        (value?["content"]?.array ?? []).compactMap { TokenLogprob($0) }
    }
}

extension [TokenLogprob] {
    /// The text of these tokens.
    var text: String { String(decoding: flatMap(\.chosen.bytes), as: UTF8.self) }
}
