/// A token that was chosen from a row of logits.
public struct TokenChoice: Sendable, Equatable {
    public var token: Int32

    public init(token: Int32) { self.token = token }
}
