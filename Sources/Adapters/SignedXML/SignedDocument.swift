import CXMLSec

/// Documents whose signatures are checked before anything in them is believed.
public enum SignedDocument {
    /// Elements that may carry a signature, from the outside in: the document's root, and its children.
    public struct Places: Sendable, Equatable {
        public var root: Name
        /// Looked at where the root is not signed itself; exactly one child may have this name.
        public var child: Name

        public init(root: Name, child: Name) {
            self.root = root
            self.child = child
        }
    }

    public struct Name: Sendable, Equatable {
        public var name: String
        public var namespace: String

        public init(_ name: String, _ namespace: String) {
            self.name = name
            self.namespace = namespace
        }
    }

    /// Parses a document and checks its signatures.
    ///
    /// The root, or its one child of the given name, must hold a signature as a direct child, by one of the keys, that
    /// covers exactly the element that it stands in. Where both are signed, both signatures must be right. A signature
    /// anywhere else counts for nothing.
    ///
    /// - Parameters:
    ///   - bytes: UTF-8, at most 512 KiB.
    ///   - places: what may be signed.
    ///   - keys: who may sign.
    /// - Returns: the outermost element that is signed, with what the signature covers and nothing else.
    /// - Throws: ``SignedXMLError`` for everything else.
    public static func verifiedElement(
        in bytes: [UInt8], at places: Places, keys: TrustedKeys
    ) throws(SignedXMLError) -> VerifiedElement {
        let document = try ParsedDocument.parse(bytes)
        let root = try document.root
        guard root.isElement(places.root.name, places.root.namespace) else {
            throw SignedXMLError(.structure, "The document is not a \(places.root.name).")
        }
        let children = root.all(places.child.name, places.child.namespace)
        guard children.count <= 1 else {
            throw SignedXMLError(.structure, "The document has more than one \(places.child.name).")
        }
        var covered: [Node] = []
        for node in [root] + children where try isSigned(node, document, keys) { covered.append(node) }
        guard let outermost = covered.first else {
            throw SignedXMLError(.unsigned, "Neither the document nor what it holds is signed.")
        }
        return outermost.verified()
    }

    /// Whether an element carries a signature; a wrong one is an error.
    private static func isSigned(
        _ node: Node, _ document: borrowing ParsedDocument, _ keys: TrustedKeys
    ) throws(SignedXMLError) -> Bool {
        let signatures = node.all("Signature", Node.signatureNamespace)
        guard let signature = signatures.first else { return false }
        guard signatures.count == 1 else { throw SignedXMLError(.structure, "An element has two signatures.") }
        guard let id = node.attribute("ID"), isName(id) else {
            throw SignedXMLError(.structure, "A signed element has no usable id.")
        }
        try SignatureShape(signature: signature).check(covers: id)
        document.register(node, id: id)
        for pem in keys.certificates {
            guard let key = TrustedKeys.Key(pem: pem) else { continue }
            if unsafe nexus_xmlsec_verify(signature.pointer, key.pointer) == 1 { return true }
        }
        throw SignedXMLError(.signature, "The signature is of none of the trusted keys, or the document was changed.")
    }

    /// An id that cannot be read as anything but a name.
    private static func isName(_ id: String) -> Bool {
        guard (1...256).contains(id.utf8.count), let first = id.utf8.first else { return false }
        let isLetter = { (byte: UInt8) in (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F }
        return isLetter(first)
            && id.utf8.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x2E }
    }
}
