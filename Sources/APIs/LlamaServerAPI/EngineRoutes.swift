public import HTTPServing
public import Vocabulary

/// The endpoints of one engine beside OpenAI's.
public struct EngineRoutes: Sendable {
    private let engine: any EngineInspecting

    public init(_ engine: any EngineInspecting) { self.engine = engine }

    public var routes: [Route] { [] }
}
