/// Why a document is not believed. It never quotes the document.
public struct SignedXMLError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Reason: String, Sendable, CaseIterable {
        case tooLarge
        /// No well-formed XML in UTF-8, or more of it than anybody needs: depth, elements.
        case malformed
        /// A document type, an entity, a comment, a processing instruction: things that readers disagree about.
        case forbiddenContent
        /// Nothing of what may be signed is signed.
        case unsigned
        /// A signature with more or other parts than exactly those that are expected.
        case structure
        /// SHA-1, a shared secret, or something unknown.
        case algorithm
        /// Of none of the trusted keys.
        case signature
        /// A configured certificate that cannot be used.
        case certificate
    }

    public let reason: Reason
    public let description: String

    init(_ reason: Reason, _ description: String) {
        self.reason = reason
        self.description = description
    }
}
