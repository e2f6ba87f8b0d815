import SignedXML
import Testing

/// Attacks that leave the signature right and have something else read. Source: Somorovsky and others, "On Breaking SAML:
/// Be Whoever You Want to Be" (USENIX Security 2012), figures 5 to 12.
@Suite struct WrappingTests {
    /// A second assertion in every place beside, around, before and inside of the signed one.
    @Test func `an evil assertion beside or around the signed one is never read`() async throws {
        let signer = try await Signer.trusted.value
        let signed = try Document.signedAssertion(signer)
        let signature = try signer.signature(over: Document.assertion(), id: "_a")
        let original = Document.assertion()
        let evil = Document.assertion("_evil", "root")
        func evilWith(_ content: String, id: String = "_evil") -> String {
            #"<a:Assertion xmlns:a="urn:a" ID="\#(id)"><a:Issuer>idp</a:Issuer>\#(content)<a:Subject>root</a:Subject>"#
                + "</a:Assertion>"
        }
        let attacks = [
            // Beside, before and behind.
            Document.response(evil + signed), Document.response(signed + evil),
            // The signed one inside of the evil one, in the signature, in an extension.
            Document.response(evilWith(signed)),
            Document.response(evilWith(signature + original)),
            Document.response(evilWith("<a:Advice>\(signed)</a:Advice>")),
            Document.response("<p:Extensions>\(signed)</p:Extensions>" + evil),
            // The evil one carries the signature, which refers to the original elsewhere.
            Document.response("<p:Extensions>\(original)</p:Extensions>" + evilWith(signature)),
            Document.response(evilWith(signature) + original),
            Document.response(
                evilWith(
                    signature.replacing("</ds:Signature>", with: "<ds:Object>\(original)</ds:Object></ds:Signature>"))),
            // The same id twice, in each order and spelling.
            Document.response(evilWith(signature, id: "_a") + original),
            Document.response("<p:Extensions>\(original)</p:Extensions>" + evilWith(signature, id: "_a")),
            Document.response("<p:X xml:id=\"_a\"></p:X>" + signed),
            Document.response("<p:X Id=\"_a\"></p:X>" + signed),
            Document.response("<p:X id=\"_a\"></p:X>" + signed),
            // The signature stands on its own.
            Document.response(signature + original), Document.response(original + signature),
            Document.response(signature + evil),
            // The response is another document around it.
            "<x:Other xmlns:x=\"urn:x\">\(Document.response(signed))</x:Other>", signed,
        ]
        for (number, attack) in attacks.enumerated() {
            let error = #expect(throws: SignedXMLError.self, "attack \(number)") {
                _ = try Document.check(attack, signer)
            }
            #expect(
                error.map { [.structure, .unsigned, .signature].contains($0.reason) } == true,
                "attack \(number): \(String(describing: error))")
        }
    }

    @Test func `a signature covers the element that it stands in, by name, once, and nothing else`() async throws {
        let signer = try await Signer.trusted.value
        for uri in [
            "", "#", "#_r", "#xpointer(/)", "#xpointer(id('_a'))", "http://localhost/a", "file:///etc/passwd", "_a",
        ] {
            var shape = Signer.Shape()
            shape.uri = uri
            expect(.structure, Document.response(try Document.signedAssertion(signer, shape)), signer)
        }
        var twice = Signer.Shape()
        twice.isReferencedTwice = true
        expect(.structure, Document.response(try Document.signedAssertion(signer, twice)), signer)
        var object = Signer.Shape()
        object.more = "<ds:Object></ds:Object>"
        expect(.structure, Document.response(try Document.signedAssertion(signer, object)), signer)
        let double = try signer.signature(over: Document.assertion(), id: "_a")
        expect(.structure, Document.response(Document.assertion(signature: double + double)), signer)
    }

    @Test func `SHA-1, shared secrets and transforms that pick parts are refused`() async throws {
        let signer = try await Signer.trusted.value
        let changes: [(inout Signer.Shape) -> Void] = [
            {
                $0.digest = "sha1"
                $0.digestName = "http://www.w3.org/2000/09/xmldsig#sha1"
                $0.signatureName = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
            },
            { $0.digestName = "http://www.w3.org/2000/09/xmldsig#sha1" },
            { $0.signatureName = "http://www.w3.org/2000/09/xmldsig#rsa-sha1" },
            { $0.signatureName = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256" },
            { $0.signatureName = "http://www.w3.org/2000/09/xmldsig#hmac-sha1" },
            { $0.transforms = ["http://www.w3.org/2000/09/xmldsig#enveloped-signature"] },
            { $0.transforms.append("http://www.w3.org/TR/1999/REC-xpath-19991116") },
            { $0.transforms[1] = "http://www.w3.org/TR/1999/REC-xslt-19991116" },
            { $0.transforms[1] = "http://www.w3.org/2000/09/xmldsig#base64" },
            { $0.transforms.reverse() }, { $0.transforms = [] },
            { $0.canonicalization = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315" },
        ]
        for change in changes {
            var shape = Signer.Shape()
            change(&shape)
            expect(.algorithm, Document.response(try Document.signedAssertion(signer, shape)), signer)
        }
    }

    @Test(arguments: ["_a b", "", "7", "_a'", "_a)", String(repeating: "a", count: 257)])
    func `an id that may be read as something else than a name is refused`(id: String) async throws {
        let signer = try await Signer.trusted.value
        expect(.structure, Document.response(try Document.signedAssertion(signer, id: id)), signer)
    }
}
