public import HTTPServing
import JSONText
import RequestScope
public import Vocabulary

/// The endpoints of one engine beside OpenAI's: llama-server's for tokens, templates and slots, and ours for the prefix
/// cache.
///
/// Source of the shapes: `tools/server/README.md` of llama.cpp.
public struct EngineRoutes: Sendable {
    /// Reads the body of a chat as the chat API does.
    public typealias ChatReader = @Sendable (_ body: [UInt8], RequestID) throws(ServiceError) -> GenerationRequest

    let engine: any EngineInspecting
    let contextTokens: Int
    let readChat: ChatReader
    let profile: EngineProfile?

    /// - Parameters:
    ///   - engine: what is asked.
    ///   - contextTokens: how many tokens one sequence can have.
    ///   - profile: what `GET /props` tells; `nil` has no such endpoint.
    ///   - readChat: reads what `/apply-template` gets, which is a chat.
    public init(
        _ engine: any EngineInspecting, contextTokens: Int, profile: EngineProfile? = nil,
        readChat: @escaping ChatReader
    ) {
        self.engine = engine
        self.contextTokens = contextTokens
        self.readChat = readChat
        self.profile = profile
    }

    public var routes: [Route] { tokenRoutes + stateRoutes + (profile.map(propertyRoutes) ?? []) }

    /// The same routes by the other names that llama-server has for them. They are for an engine that stands alone, and not
    /// for a server with an API document, where an operation has one path.
    ///
    /// - Parameter routes: those of this server.
    /// - Returns: one more for each that has another name.
    public static func aliases(of routes: [Route]) -> [Route] {
        routes.compactMap { route in
            guard let name = names[route.pattern] else { return nil }
            var alias = route
            alias.pattern = name
            return alias
        }
    }

    private static let names = [
        "/health": "/v1/health", "/v1/models": "/models", "/v1/chat/completions": "/chat/completions",
    ]
}
