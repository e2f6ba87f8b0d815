/// The only shape of a signature that is checked at all: one reference to the element that it stands in, and nothing
/// that leads elsewhere.
///
/// Source: SAML core, section 5.4; XML Signature Best Practices (W3C), practices 1 to 6.
struct SignatureShape {
    private static let exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#"
    private static let enveloped = Node.signatureNamespace + "enveloped-signature"
    private static let more = "http://www.w3.org/2001/04/xmldsig-more#"

    /// What signs. Not SHA-1, whose collisions can be made, and no shared secrets.
    static let signatureMethods: Set<String> = [
        more + "rsa-sha256", more + "rsa-sha384", more + "rsa-sha512", more + "ecdsa-sha256", more + "ecdsa-sha384",
        more + "ecdsa-sha512",
    ]
    static let digestMethods: Set<String> = [
        "http://www.w3.org/2001/04/xmlenc#sha256", more + "sha384", "http://www.w3.org/2001/04/xmlenc#sha512",
    ]

    let signature: Node

    /// - Parameter id: of the element that the signature must cover.
    /// - Throws: `structure` or `algorithm`.
    func check(covers id: String) throws(SignedXMLError) {
        let parts = signature.elements
        guard parts.allSatisfy({ $0.namespace == Node.signatureNamespace }),
            ["SignedInfo SignatureValue", "SignedInfo SignatureValue KeyInfo"].contains(
                parts.map(\.name).joined(separator: " "))
        else { throw SignedXMLError(.structure, "The signature has other parts than it may have.") }
        let information = parts[0].elements
        guard information.map(\.name) == ["CanonicalizationMethod", "SignatureMethod", "Reference"],
            information.allSatisfy({ $0.namespace == Node.signatureNamespace })
        else { throw SignedXMLError(.structure, "The signature does not have exactly one reference.") }
        try checkMethod(information[0], in: [Self.exclusive])
        try checkMethod(information[1], in: Self.signatureMethods)
        try check(reference: information[2], id: id)
    }

    private func check(reference: Node, id: String) throws(SignedXMLError) {
        guard reference.attribute("URI") == "#" + id else {
            throw SignedXMLError(.structure, "The signature covers something else than the element that it stands in.")
        }
        let parts = reference.elements
        guard parts.map(\.name) == ["Transforms", "DigestMethod", "DigestValue"] else {
            throw SignedXMLError(.structure, "The signature's reference has other parts than it may have.")
        }
        let transforms = parts[0].elements
        guard transforms.map({ $0.attribute("Algorithm") }) == [Self.enveloped, Self.exclusive],
            transforms.allSatisfy({ $0.isElement("Transform", Node.signatureNamespace) }),
            transforms[0].elements.isEmpty
        else { throw SignedXMLError(.algorithm, "The signature transforms the element in a way that is not allowed.") }
        try checkNamespaces(of: transforms[1])
        try checkMethod(parts[1], in: Self.digestMethods)
    }

    private func checkMethod(_ node: Node, in allowed: Set<String>) throws(SignedXMLError) {
        guard let algorithm = node.attribute("Algorithm"), allowed.contains(algorithm) else {
            throw SignedXMLError(
                .algorithm, "The signature uses an algorithm that is not allowed, such as SHA-1: see \(node.name).")
        }
        try checkNamespaces(of: node)
    }

    /// Canonical form may name prefixes; nothing else stands in a method.
    private func checkNamespaces(of node: Node) throws(SignedXMLError) {
        guard node.elements.allSatisfy({ $0.isElement("InclusiveNamespaces", Self.exclusive) }) else {
            throw SignedXMLError(.structure, "A method of the signature has parameters that are not allowed.")
        }
    }
}
