/// An element of a document whose signature covers it: nothing that was not signed ever becomes one.
public struct SAMLElement: Sendable, Equatable {
    public static let protocolNamespace = "urn:oasis:names:tc:SAML:2.0:protocol"
    public static let assertionNamespace = "urn:oasis:names:tc:SAML:2.0:assertion"

    /// Without prefix.
    public var name: String
    public var namespace: String
    /// Those without a namespace.
    public var attributes: [String: String]
    public var children: [SAMLElement]
    /// All of its own text together, whatever stood between its parts.
    public var text: String

    public init(
        _ name: String, namespace: String = SAMLElement.assertionNamespace, attributes: [String: String] = [:],
        children: [SAMLElement] = [], text: String = ""
    ) {
        self.name = name
        self.namespace = namespace
        self.attributes = attributes
        self.children = children
        self.text = text
    }

    func isElement(_ name: String, _ namespace: String = SAMLElement.assertionNamespace) -> Bool {
        self.name == name && self.namespace == namespace
    }

    func all(_ name: String, _ namespace: String = SAMLElement.assertionNamespace) -> [SAMLElement] {
        children.filter { $0.isElement(name, namespace) }
    }

    /// The child of a name; `nil` when there is none, or more than one.
    func only(_ name: String, _ namespace: String = SAMLElement.assertionNamespace) -> SAMLElement? {
        let found = all(name, namespace)
        return found.count == 1 ? found[0] : nil
    }

    /// Without white space around it.
    var trimmedText: String {
        let isSpace: (Character) -> Bool = { $0.isWhitespace || $0.isNewline }
        let front = text.drop(while: isSpace)
        return String(front[..<(front.lastIndex { !isSpace($0) }.map { front.index(after: $0) } ?? front.startIndex)])
    }
}
