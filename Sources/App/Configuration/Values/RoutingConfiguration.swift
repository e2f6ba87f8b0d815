public import JSONText

/// Who answers which requests, and what is done when somebody fails.
public struct RoutingConfiguration: Sendable, Equatable {
    /// Routes by their names, as the API takes them; read by the routing part.
    public var routes: JSONValue = [:]
    /// Ensembles by their names, likewise.
    public var ensembles: JSONValue = [:]
    /// A marked demonstration answers when no model can.
    public var isDemonstrating = false
    /// Times that a request is sent again to the same deployment, for routes that do not say.
    public var retriesMax = 2
    /// How long until the first piece of an answer, for routes that do not say; `nil` sets no limit.
    public var firstTokenMax: Duration?
    /// How long until the answer is whole, likewise.
    public var totalMax: Duration?
    public var breaker = Breaker()

    /// When a deployment is left alone.
    public struct Breaker: Sendable, Equatable {
        public var failuresMax = 5
        public var window = Duration.seconds(60)
        public var pause = Duration.seconds(60)
    }
}
