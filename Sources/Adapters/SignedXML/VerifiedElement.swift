/// An element that a trusted signature covers, with all that is in it. There is no other way to get one.
public struct VerifiedElement: Sendable, Equatable {
    /// Without prefix.
    public let name: String
    /// Empty where it has none.
    public let namespace: String
    /// Those without a namespace, by name.
    public let attributes: [String: String]
    public let children: [VerifiedElement]
    /// All text directly in the element, put together.
    public let text: String
}
