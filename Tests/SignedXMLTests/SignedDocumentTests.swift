import SignedXML
import Testing

@Suite struct SignedDocumentTests {
    @Test func `a signed assertion comes out with what the signature covers, and not the rest`() async throws {
        let signer = try await Signer.trusted.value
        let text = Document.response("<p:Extra>not signed</p:Extra>" + (try Document.signedAssertion(signer)))
        let element = try Document.check(text, signer)
        #expect(element.name == "Assertion" && element.namespace == "urn:a")
        #expect(element.attributes == ["ID": "_a"])
        #expect(element.children.map(\.name) == ["Issuer", "Signature", "Subject"])
        #expect(element.children.last?.text == "ada")
    }

    @Test func `a signed response comes out whole`() async throws {
        let signer = try await Signer.trusted.value
        let signature = try signer.signature(over: Document.response(Document.assertion()), id: "_r")
        let element = try Document.check(Document.response(Document.assertion(), signature: signature), signer)
        #expect(element.name == "Response")
        #expect(element.children.map(\.name) == ["Signature", "Assertion"])
    }

    @Test func `where both are signed, both must be right`() async throws {
        let (signer, stranger) = (try await Signer.trusted.value, try await Signer.stranger.value)
        let inner = try Document.signedAssertion(signer)
        let outer = try signer.signature(over: Document.response(inner), id: "_r")
        #expect(try Document.check(Document.response(inner, signature: outer), signer).name == "Response")
        let foreign = try Document.signedAssertion(stranger)
        let over = try signer.signature(over: Document.response(foreign), id: "_r")
        expect(.signature, Document.response(foreign, signature: over), signer)
    }

    @Test(arguments: [
        ("sha384", "http://www.w3.org/2001/04/xmldsig-more#"), ("sha512", "http://www.w3.org/2001/04/xmlenc#"),
    ])
    func `takes the longer digests`(digest: String, base: String) async throws {
        let signer = try await Signer.trusted.value
        var shape = Signer.Shape()
        shape.digest = digest
        shape.digestName = base + digest
        shape.signatureName = "http://www.w3.org/2001/04/xmldsig-more#rsa-" + digest
        let text = Document.response(try Document.signedAssertion(signer, shape))
        #expect(try Document.check(text, signer).name == "Assertion")
    }

    @Test func `any of the configured certificates will do, so that a provider can change its key`() async throws {
        let (signer, other) = (try await Signer.trusted.value, try await Signer.stranger.value)
        let keys = try TrustedKeys(certificates: [other.certificate, signer.certificate])
        let text = Document.response(try Document.signedAssertion(signer))
        let element = try SignedDocument.verifiedElement(in: Array(text.utf8), at: Document.places, keys: keys)
        #expect(element.name == "Assertion")
    }

    @Test func `refuses what is not signed, or by a stranger, or was changed`() async throws {
        let (signer, stranger) = (try await Signer.trusted.value, try await Signer.stranger.value)
        expect(.unsigned, Document.response(Document.assertion()), signer)
        expect(.unsigned, Document.response(""), signer)
        expect(.signature, Document.response(try Document.signedAssertion(stranger)), signer)
        let honest = Document.response(try Document.signedAssertion(signer))
        expect(.signature, honest.replacing(">ada<", with: ">root<"), signer)
        expect(.signature, honest.replacing("<a:Subject>", with: "<a:Subject x=\"1\">"), signer)
        expect(.signature, honest.replacing("<a:Subject>", with: "<a:Subject xmlns=\"urn:x\"><y></y>"), signer)
    }

    @Test func `a key that the document brings along is not asked`() async throws {
        let (signer, stranger) = (try await Signer.trusted.value, try await Signer.stranger.value)
        var shape = Signer.Shape()
        let pem = stranger.certificate.split(separator: "\n").filter { !$0.hasPrefix("-") }.joined()
        shape.more =
            "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>\(pem)</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
        expect(.signature, Document.response(try Document.signedAssertion(stranger, shape)), signer)
        #expect(
            try Document.check(Document.response(try Document.signedAssertion(signer, shape)), signer).name
                == "Assertion")
    }
}

func expect(
    _ reason: SignedXMLError.Reason, _ text: String, _ signer: Signer, sourceLocation: SourceLocation = #_sourceLocation
) {
    let error = #expect(throws: SignedXMLError.self, sourceLocation: sourceLocation) {
        _ = try Document.check(text, signer)
    }
    #expect(error?.reason == reason, sourceLocation: sourceLocation)
}
