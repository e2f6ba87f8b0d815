import JSONText
import Vocabulary

/// `logit_bias` in OpenAI's form (`{"id": bias}`) and in llama-server's (`[[id or text, bias or false], …]`).
enum LogitBiasFields {
    private static let range = -1e6...1e6

    static func read(_ field: JSONField) throws(JSONFieldError) -> [LogitBias] {
        if case .object(let members) = field.value {
            guard members.count <= RequestBounds.logitBiasesMax else {
                throw field.fail("has \(members.count) members, at most \(RequestBounds.logitBiasesMax) are allowed")
            }
            var biases: [LogitBias] = []
            for (key, value) in members {
                let member = JSONField(value, path: "\(field.path).\(key.prefix(40))")
                biases.append(LogitBias(try target(key, member), bias: try bias(member)))
            }
            return biases
        }
        guard field.value.array != nil else {
            throw field.fail("must be an object of token ids or an array of pairs, not \(field.value.kind)")
        }
        var biases: [LogitBias] = []
        for pair in try field.elements(countMax: RequestBounds.logitBiasesMax) {
            let parts = try pair.elements(countMax: 2)
            guard parts.count == 2 else { throw pair.fail("must be a pair of a token and its bias") }
            let target: LogitBias.Target =
                if case .string = parts[0].value {
                    .text(try parts[0].string(bytesIn: 1...RequestBounds.stopBytesMax))
                } else {
                    .token(Int32(try parts[0].integer(in: 0...Int(Int32.max))))
                }
            biases.append(LogitBias(target, bias: try bias(parts[1])))
        }
        return biases
    }

    /// In OpenAI's form a key is a token's id; llama-server takes every other key as a text.
    private static func target(_ key: String, _ member: JSONField) throws(JSONFieldError) -> LogitBias.Target {
        if let number = Int64(key) {
            guard let token = Int32(exactly: number), token >= 0 else {
                throw member.fail("must be named for a token id from 0 to \(Int32.max)")
            }
            return .token(token)
        }
        guard (1...RequestBounds.stopBytesMax).contains(key.utf8.count) else {
            throw member.fail("must be named for a token id or a text of 1 to \(RequestBounds.stopBytesMax) bytes")
        }
        return .text(key)
    }

    /// `false` bans the token.
    private static func bias(_ field: JSONField) throws(JSONFieldError) -> Double {
        switch field.value {
        case .bool(false): return -.infinity
        case .bool, .string, .array, .object, .null:
            throw field.fail("must be a number or false, not \(field.value.kind)")
        case .integer, .number: return try field.number(in: range)
        }
    }

    /// OpenAI's form where it can say it, llama-server's otherwise.
    static func value(_ biases: [LogitBias]) -> JSONValue {
        var members = JSONObject()
        for bias in biases {
            guard case .token(let token) = bias.target, bias.bias.isFinite, members[String(token)] == nil else {
                return .array(biases.map(pair))
            }
            members[String(token)] = .number(bias.bias)
        }
        return .object(members)
    }

    private static func pair(_ bias: LogitBias) -> JSONValue {
        let target: JSONValue =
            switch bias.target {
            case .token(let token): .integer(Int64(token))
            case .text(let text): .string(text)
            }
        return [target, bias.bias == -.infinity ? false : .number(bias.bias)]
    }
}
