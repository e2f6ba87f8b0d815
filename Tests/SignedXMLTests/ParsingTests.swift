import Foundation
import SignedXML
import Testing

@Suite struct ParsingTests {
    @Test func `refuses what readers of XML disagree about, signed or not`() async throws {
        let signer = try await Signer.trusted.value
        let signed = try Document.signedAssertion(signer)
        let texts = [
            "<!DOCTYPE p:Response [<!ENTITY x \"y\">]>" + Document.response(signed),
            "<!doctype p:Response>" + Document.response(signed),
            "<!DOCTYPE p SYSTEM \"file:///etc/passwd\">" + Document.response(signed),
            // The text of the subject would end at the comment for some, and go on for others.
            Document.response(signed.replacing(">ada<", with: ">ada<!-- -->min<")),
            Document.response(signed + "<!-- x -->"), "<!-- x -->" + Document.response(signed),
            Document.response(signed + "<?php x ?>"), Document.response(signed + "<x><![CDATA[y]]></x>"),
        ]
        for text in texts { expect(.forbiddenContent, text, signer) }
    }

    @Test func `refuses what is not well-formed UTF-8`() async throws {
        let signer = try await Signer.trusted.value
        let signed = Document.response(try Document.signedAssertion(signer))
        for text in [
            "", " ", "<", "<p:Response", "text", String(signed.dropLast()), signed + signed, signed + "x", "&x;",
            "<x>&x;</x>",
        ] {
            expect(.malformed, text, signer)
        }
        let keys = try signer.keys()
        var wide: [UInt8] = [0xFF, 0xFE]
        for unit in signed.utf16 { wide += [UInt8(truncatingIfNeeded: unit), UInt8(truncatingIfNeeded: unit >> 8)] }
        for bytes in [Array(signed.utf8) + [0], [0xFF, 0xFE], wide, [0xC3, 0x28]] {
            #expect(throws: SignedXMLError.self) {
                _ = try SignedDocument.verifiedElement(in: bytes, at: Document.places, keys: keys)
            }
        }
    }

    @Test func `refuses what is too large, too deep, or has too many elements`() async throws {
        let signer = try await Signer.trusted.value
        expect(.tooLarge, Document.response(String(repeating: "a", count: 600_000)), signer)
        expect(
            .malformed, Document.response(String(repeating: "<x>", count: 70) + String(repeating: "</x>", count: 70)),
            signer)
        expect(.malformed, String(repeating: "<x>", count: 100_000), signer)
        expect(.malformed, Document.response(String(repeating: "<x/>", count: 10_001)), signer)
        // As deep as is allowed is fine for the parser; it is only not signed.
        expect(
            .unsigned, Document.response(String(repeating: "<x>", count: 60) + String(repeating: "</x>", count: 60)),
            signer)
    }

    @Test func `an entity that would be fetched is not`() async throws {
        let signer = try await Signer.trusted.value
        let text =
            "<?xml version=\"1.0\"?><!DOCTYPE r [<!ENTITY e SYSTEM \"http://127.0.0.1:1/\">]><p:Response xmlns:p=\"urn:p\">&e;</p:Response>"
        expect(.forbiddenContent, text, signer)
    }

    @Test func `nothing that random damage makes of a document is read as something else`() async throws {
        let signer = try await Signer.trusted.value
        let keys = try signer.keys()
        let honest = Array(Document.response(try Document.signedAssertion(signer)).utf8)
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
        for _ in 0..<400 {
            var bytes = honest
            for _ in 0...next(3) { bytes[next(bytes.count)] = UInt8(next(256)) }
            do throws(SignedXMLError) {
                let element = try SignedDocument.verifiedElement(in: bytes, at: Document.places, keys: keys)
                // Damage outside of what is signed.
                #expect(element.attributes["ID"] == "_a" && element.children.last?.text == "ada")
            } catch {
                continue
            }
        }
    }

    @Test func `certificates must be certificates, of keys that are worth something`() async throws {
        let signer = try await Signer.trusted.value
        for texts in [
            [], [""], ["no certificate"], [signer.certificate, "x"], [String](repeating: signer.certificate, count: 9),
        ] {
            let error = #expect(throws: SignedXMLError.self) { _ = try TrustedKeys(certificates: texts) }
            #expect(error?.reason == .certificate)
        }
        let weak = try Signer(kind: "rsa:1024")
        let error = #expect(throws: SignedXMLError.self) { _ = try TrustedKeys(certificates: [weak.certificate]) }
        #expect(error?.description.contains("2048") == true)
        let curve = try Signer(kind: "ec", ["-pkeyopt", "ec_paramgen_curve:prime256v1"])
        _ = try TrustedKeys(certificates: [curve.certificate])
    }
}
