/// A repository of a hub: `owner/name`, at a branch, tag or commit.
public struct HubRepository: Sendable, Hashable, CustomStringConvertible {
    public let name: String
    public let revision: String

    public init(_ name: String, revision: String = "main") {
        self.name = name
        self.revision = revision
    }

    public var description: String { revision == "main" ? name : "\(name)@\(revision)" }
}
