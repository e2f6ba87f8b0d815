import HTTPServing
import JSONText
import RequestScope
import Vocabulary

extension EngineRoutes {
    /// One request may ask for the text of that many tokens.
    static let tokensMax = 10_000_000

    /// `POST /tokenize`, `/detokenize` and `/apply-template`. They compute, so they run beside the server's thread.
    var tokenRoutes: [Route] {
        [
            Route(.post, "/tokenize", EngineSchemas.tokenize, execution: .concurrent) { request in
                try await tokenize(try .body(try await request.body.collect()))
            },
            Route(.post, "/detokenize", EngineSchemas.detokenize, execution: .concurrent) { request in
                try await detokenize(try .body(try await request.body.collect()))
            },
            Route(.post, "/apply-template", EngineSchemas.applyTemplate, execution: .concurrent) { request in
                let chat = try readChat(try await request.body.collect(), request.id)
                return .json(["prompt": .string(try await engine.applyTemplate(chat))])
            },
        ]
    }

    private func tokenize(_ root: JSONField) async throws(ServiceError) -> HTTPResponse {
        let pieces: [TokenPiece]
        let (addsSpecial, parsesSpecial, withPieces): (Bool, Bool, Bool)
        do {
            addsSpecial = try root.optional("add_special")?.bool() ?? false
            parsesSpecial = try root.optional("parse_special")?.bool() ?? true
            withPieces = try root.optional("with_pieces")?.bool() ?? false
            pieces = try await self.pieces(try root.optional("content"), addsSpecial, parsesSpecial)
        } catch {
            throw ServiceError(reading: error)
        }
        return .json(["tokens": .array(pieces.map { withPieces ? $0.value : .integer(Int64($0.token)) })])
    }

    /// The tokens of a text, or of texts and tokens in turn; of nothing there are none, as in llama-server.
    private func pieces(_ content: JSONField?, _ addsSpecial: Bool, _ parsesSpecial: Bool) async throws -> [TokenPiece]
    {
        guard let content else { return [] }
        if case .string(let text) = content.value {
            return try await engine.tokenize(text, addsSpecial: addsSpecial, parsesSpecial: parsesSpecial)
        }
        guard content.value.array != nil else {
            throw content.fail("must be a string or an array, not \(content.value.kind)")
        }
        var pieces: [TokenPiece] = []
        for (index, element) in try content.elements(countMax: Self.tokensMax).enumerated() {
            if case .string(let text) = element.value {
                pieces += try await engine.tokenize(
                    text, addsSpecial: addsSpecial && index == 0, parsesSpecial: parsesSpecial)
            } else {
                let token = Int32(try element.integer(in: 0...Int(Int32.max)))
                pieces.append(TokenPiece(token: token, bytes: try await engine.detokenize([token])))
            }
        }
        return pieces
    }

    private func detokenize(_ root: JSONField) async throws(ServiceError) -> HTTPResponse {
        var tokens: [Int32] = []
        do {
            for element in try root.optional("tokens")?.elements(countMax: Self.tokensMax) ?? [] {
                tokens.append(Int32(try element.integer(in: 0...Int(Int32.max))))
            }
        } catch {
            throw ServiceError(reading: error)
        }
        // Tokens need not be whole characters: what is none becomes U+FFFD, as in llama-server.
        let bytes = try await engine.detokenize(tokens)
        return .json(["content": .string(String(decoding: bytes, as: UTF8.self))])
    }
}

extension TokenPiece {
    /// The piece is a text, or a list of bytes where it is none.
    fileprivate var value: JSONValue {
        let text = String(validating: bytes, as: UTF8.self).map(JSONValue.string)
        return ["id": .integer(Int64(token)), "piece": text ?? .array(bytes.map { .integer(Int64($0)) })]
    }
}
