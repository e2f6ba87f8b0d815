public import HTTPServing
public import JSONText
import RequestScope
public import Vocabulary

/// How long the prompt of a chat is, without an answer. Reading a long one is work, so it runs beside the server's thread.
///
/// Source: `post_chat_completions_tok` of llama-server.
public struct TokenCountRoutes: Sendable {
    /// Where the tokens of a chat are counted.
    public static let path = "/v1/chat/completions/input_tokens"

    private let source: any TokenCounting

    /// - Parameter source: what counts.
    public init(_ source: any TokenCounting) { self.source = source }

    public var routes: [Route] {
        [
            Route(.post, Self.path, OpenAISchemas.countTokens, execution: .concurrent) { request in
                let chat = try CompletionRequest.chat(try await request.body.collect(), id: request.id)
                return .json(Self.answer(try await source.countTokens(of: chat.generation)))
            }
        ]
    }

    /// The same without `/v1`, for an engine that stands alone.
    public var aliases: [Route] {
        routes.map { route in
            var alias = route
            alias.pattern = String(route.pattern.dropFirst("/v1".count))
            return alias
        }
    }

    /// What the answer looks like, here and for OpenAI's responses.
    ///
    /// - Parameter count: tokens.
    /// - Returns: the object.
    public static func answer(_ count: Int) -> JSONValue {
        ["object": "response.input_tokens", "input_tokens": .whole(count)]
    }
}
