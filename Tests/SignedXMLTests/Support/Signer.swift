import Foundation
import SignedXML

/// Signs XML with the `openssl` command, so that what makes a signature shares nothing with what checks it. The texts
/// that are signed are in canonical form as they are written, which exclusive canonicalisation leaves as they are.
struct Signer: Sendable {
    /// One key pair for all tests of this process, and another one that nobody trusts.
    static let trusted = Task { try Signer(kind: "rsa:2048") }
    static let stranger = Task { try Signer(kind: "rsa:2048") }

    let certificate: String
    private let key: Data

    init(kind: String, _ more: [String] = []) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("nexus-signer-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (keyFile, certificateFile) = (folder.path + "/key.pem", folder.path + "/certificate.pem")
        _ = try Self.openssl(
            ["req", "-x509", "-newkey", kind] + more + [
                "-nodes", "-keyout", keyFile, "-out", certificateFile, "-days", "1", "-subj", "/CN=provider",
            ])
        certificate = try String(contentsOfFile: certificateFile, encoding: .utf8)
        key = try Data(contentsOf: URL(fileURLWithPath: keyFile))
    }

    /// What goes into a signature beside the digest.
    struct Shape: Sendable {
        var digest = "sha256"
        var digestName = "http://www.w3.org/2001/04/xmlenc#sha256"
        var signatureName = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
        var uri: String?
        var transforms = [
            "http://www.w3.org/2000/09/xmldsig#enveloped-signature", "http://www.w3.org/2001/10/xml-exc-c14n#",
        ]
        var canonicalization = "http://www.w3.org/2001/10/xml-exc-c14n#"
        var isReferencedTwice = false
        var more = ""
    }

    /// The signature element over `text`, which has the id `id` and does not hold the signature itself.
    func signature(over text: String, id: String, _ shape: Shape = Shape()) throws -> String {
        let digest = try Self.openssl(["dgst", "-\(shape.digest)", "-binary"], input: Data(text.utf8))
        let transforms = shape.transforms.map { #"<ds:Transform Algorithm="\#($0)"></ds:Transform>"# }.joined()
        let reference =
            #"<ds:Reference URI="\#(shape.uri ?? "#" + id)"><ds:Transforms>\#(transforms)</ds:Transforms>"#
            + #"<ds:DigestMethod Algorithm="\#(shape.digestName)"></ds:DigestMethod>"#
            + "<ds:DigestValue>\(digest.base64EncodedString())</ds:DigestValue></ds:Reference>"
        let inside =
            #"<ds:CanonicalizationMethod Algorithm="\#(shape.canonicalization)"></ds:CanonicalizationMethod>"#
            + #"<ds:SignatureMethod Algorithm="\#(shape.signatureName)"></ds:SignatureMethod>"#
            + reference + (shape.isReferencedTwice ? reference : "") + "</ds:SignedInfo>"
        // In canonical form the prefix is declared where it is used first.
        let signed = #"<ds:SignedInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">"# + inside
        let keyFile = FileManager.default.temporaryDirectory.appendingPathComponent("nexus-key-\(UUID().uuidString)")
        try key.write(to: keyFile)
        defer { try? FileManager.default.removeItem(at: keyFile) }
        let value = try Self.openssl(
            ["dgst", "-\(shape.digest)", "-sign", keyFile.path, "-binary"], input: Data(signed.utf8))
        return #"<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo>"# + inside
            + "<ds:SignatureValue>\(value.base64EncodedString())</ds:SignatureValue>\(shape.more)</ds:Signature>"
    }

    func keys() throws -> TrustedKeys { try TrustedKeys(certificates: [certificate]) }

    struct Failed: Error {}

    private static func openssl(_ arguments: [String], input: Data? = nil) throws -> Data {
        let process = Process()
        let (sent, received) = (Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = arguments
        process.standardInput = sent
        process.standardOutput = received
        process.standardError = FileHandle.nullDevice
        try process.run()
        if let input { sent.fileHandleForWriting.write(input) }
        try sent.fileHandleForWriting.close()
        let output = received.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failed() }
        return output
    }
}

/// Documents like those of SAML, in canonical form.
enum Document {
    static let places = SignedDocument.Places(
        root: SignedDocument.Name("Response", "urn:p"), child: SignedDocument.Name("Assertion", "urn:a"))

    /// An assertion; `signature` goes behind its issuer.
    static func assertion(_ id: String = "_a", _ name: String = "ada", signature: String = "") -> String {
        #"<a:Assertion xmlns:a="urn:a" ID="\#(id)"><a:Issuer>idp</a:Issuer>\#(signature)<a:Subject>\#(name)</a:Subject>"#
            + "</a:Assertion>"
    }

    static func response(_ content: String, id: String = "_r", signature: String = "") -> String {
        #"<p:Response xmlns:p="urn:p" ID="\#(id)">\#(signature)\#(content)</p:Response>"#
    }

    static func signedAssertion(
        _ signer: Signer, id: String = "_a", name: String = "ada", _ shape: Signer.Shape = Signer.Shape()
    ) throws -> String {
        let signature = try signer.signature(over: assertion(id, name), id: id, shape)
        return assertion(id, name, signature: signature)
    }

    static func check(_ text: String, _ signer: Signer) throws(SignedXMLError) -> VerifiedElement {
        try SignedDocument.verifiedElement(
            in: Array(text.utf8), at: places, keys: TrustedKeys(certificates: [signer.certificate]))
    }
}
