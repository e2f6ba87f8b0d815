import Access
import Testing

@Suite struct AssertionChecksTests {
    /// 2027-01-15T08:00:00Z.
    private static let now: Int64 = 1_800_000_000
    private static let service = SAMLService(publicURL: "https://nexus.example")
    private let checks = AssertionChecks(
        settings: SAMLSettings(
            issuer: "https://idp.example", signInURL: "https://idp.example/sso", certificates: [], trustsEmail: true),
        service: service)

    /// An assertion that holds, to be changed.
    private static func assertion(_ change: (inout [String: SAMLElement]) -> Void = { _ in }) -> SAMLElement {
        var parts: [String: SAMLElement] = [
            "Issuer": SAMLElement("Issuer", text: "https://idp.example"),
            "Subject": SAMLElement(
                "Subject",
                children: [
                    SAMLElement("NameID", text: " ada-7 "),
                    SAMLElement(
                        "SubjectConfirmation", attributes: ["Method": "urn:oasis:names:tc:SAML:2.0:cm:bearer"],
                        children: [
                            SAMLElement(
                                "SubjectConfirmationData",
                                attributes: [
                                    "Recipient": service.consumerURL, "InResponseTo": "_r1",
                                    "NotOnOrAfter": "2027-01-15T08:05:00Z",
                                ])
                        ]),
                ]),
            "Conditions": SAMLElement(
                "Conditions",
                attributes: ["NotBefore": "2027-01-15T07:59:00Z", "NotOnOrAfter": "2027-01-15T08:05:00.123Z"],
                children: [
                    SAMLElement(
                        "AudienceRestriction", children: [SAMLElement("Audience", text: service.entityID)])
                ]),
            "AuthnStatement": SAMLElement("AuthnStatement"),
            "AttributeStatement": SAMLElement(
                "AttributeStatement",
                children: [
                    SAMLElement(
                        "Attribute", attributes: ["Name": "email"],
                        children: [SAMLElement("AttributeValue", text: "ada@example.org")]),
                    SAMLElement(
                        "Attribute", attributes: ["Name": "urn:oid:1", "FriendlyName": "groups"],
                        children: [
                            SAMLElement("AttributeValue", text: "admins"), SAMLElement("AttributeValue", text: "b"),
                        ]),
                ]),
        ]
        change(&parts)
        let order = ["Issuer", "Subject", "Conditions", "AuthnStatement", "AttributeStatement"]
        return SAMLElement(
            "Assertion", attributes: ["ID": "_a1", "Version": "2.0"], children: order.compactMap { parts[$0] })
    }

    private func accept(_ element: SAMLElement) throws(SignInError) -> AssertionChecks.Accepted {
        try checks.accept(element, requestID: "_r1", now: Self.now)
    }

    @Test func `accepts an assertion that holds`() throws {
        let accepted = try accept(Self.assertion())
        #expect(accepted.id == "_a1")
        #expect(accepted.expiresAt == Self.now + 300 + 60)
        #expect(
            accepted.identity
                == ExternalIdentity(
                    issuer: "saml:https://idp.example", subject: "ada-7", name: "ada@example.org",
                    email: "ada@example.org", isEmailVerified: true, groups: ["admins", "b"]))
    }

    private static func response(
        _ attributes: [String: String] = [:], status: String = "urn:oasis:names:tc:SAML:2.0:status:Success",
        assertions: Int = 1
    ) -> SAMLElement {
        let space = SAMLElement.protocolNamespace
        let code = SAMLElement("StatusCode", namespace: space, attributes: ["Value": status])
        let basic = ["InResponseTo": "_r1", "Destination": service.consumerURL]
        return SAMLElement(
            "Response", namespace: space, attributes: basic.merging(attributes) { $1 },
            children: [SAMLElement("Status", namespace: space, children: [code])]
                + [SAMLElement](repeating: assertion(), count: assertions))
    }

    @Test func `accepts a signed response with its assertion`() throws { _ = try accept(Self.response()) }

    @Test func `refuses responses that are for others, failed, or hold none or several`() {
        let wrong = [
            Self.response(["Destination": "https://evil.example"]), Self.response(["InResponseTo": "_r2"]),
            Self.response(status: "urn:oasis:names:tc:SAML:2.0:status:AuthnFailed"), Self.response(assertions: 0),
            Self.response(assertions: 2), SAMLElement("Response"), SAMLElement("Advice"),
        ]
        for response in wrong { #expect(throws: SignInError.self) { _ = try accept(response) } }
    }

    struct Wrong: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let change: @Sendable (inout [String: SAMLElement]) -> Void
    }

    private static func confirm(_ name: String, _ value: String?) -> Wrong {
        Wrong(testDescription: "confirmation with \(name) \(value ?? "missing")") {
            $0["Subject"]?.children[1].children[0].attributes[name] = value
        }
    }

    @Test(arguments: [
        confirm("Recipient", "https://evil.example/saml/acs"), confirm("Recipient", nil),
        confirm("InResponseTo", "_r2"),
        confirm("InResponseTo", nil), confirm("NotOnOrAfter", "2027-01-15T07:58:59Z"), confirm("NotOnOrAfter", nil),
        confirm("NotOnOrAfter", "2027-01-15T09:00:01Z"), confirm("NotOnOrAfter", "tomorrow"),
        confirm("NotOnOrAfter", "2027-01-15T10:05:00+02:00"), confirm("NotBefore", "2027-01-15T07:00:00Z"),
        Wrong(testDescription: "other method") {
            $0["Subject"]?.children[1].attributes["Method"] = "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches"
        },
        Wrong(testDescription: "no confirmation") { $0["Subject"]?.children.removeLast() },
        Wrong(testDescription: "other issuer") { $0["Issuer"]?.text = "https://evil.example" },
        Wrong(testDescription: "no issuer") { $0["Issuer"] = nil },
        Wrong(testDescription: "no subject") { $0["Subject"] = nil },
        Wrong(testDescription: "two names") {
            $0["Subject"]?.children.insert(SAMLElement("NameID", text: "root"), at: 0)
        },
        Wrong(testDescription: "empty name") { $0["Subject"]?.children[0].text = "  " },
        Wrong(testDescription: "transient name") {
            $0["Subject"]?.children[0].attributes["Format"] = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
        },
        Wrong(testDescription: "no conditions") { $0["Conditions"] = nil },
        Wrong(testDescription: "not yet") { $0["Conditions"]?.attributes["NotBefore"] = "2027-01-15T08:01:01Z" },
        Wrong(testDescription: "over") { $0["Conditions"]?.attributes["NotOnOrAfter"] = "2027-01-15T07:58:59Z" },
        Wrong(testDescription: "no audience") { $0["Conditions"]?.children = [] },
        Wrong(testDescription: "other audience") { $0["Conditions"]?.children[0].children[0].text = "https://other" },
        Wrong(testDescription: "one of two restrictions") {
            $0["Conditions"]?.children.append(
                SAMLElement("AudienceRestriction", children: [SAMLElement("Audience", text: "https://other")]))
        },
        Wrong(testDescription: "unknown condition") { $0["Conditions"]?.children.append(SAMLElement("Condition")) },
        Wrong(testDescription: "no sign-in") { $0["AuthnStatement"] = nil },
        Wrong(testDescription: "session over") {
            $0["AuthnStatement"]?.attributes["SessionNotOnOrAfter"] = "2027-01-15T07:58:00Z"
        },
    ])
    func `refuses an assertion that does not hold`(wrong: Wrong) {
        let assertion = Self.assertion(wrong.change)
        let error = #expect(throws: SignInError.self) { _ = try accept(assertion) }
        #expect(error?.reason == .identityRefused)
    }

    @Test func `an address is not verified unless the provider's are trusted`() throws {
        var settings = checks.settings
        settings.trustsEmail = false
        let accepted = try AssertionChecks(settings: settings, service: Self.service).accept(
            Self.assertion(), requestID: "_r1", now: Self.now)
        #expect(accepted.identity.email == "ada@example.org" && !accepted.identity.isEmailVerified)
    }

    @Test func `what is asked for and what is said of this server is XML with everything escaped`() {
        let service = SAMLService(publicURL: "https://n.example/\"<&>'")
        #expect(service.metadata.contains("entityID=\"https://n.example/&quot;&lt;&amp;&gt;&apos;/saml/metadata\""))
        let request = Self.service.request(id: "_r1", destination: "https://idp.example/sso?a=1&b=2", now: Self.now)
        #expect(request.contains("Destination=\"https://idp.example/sso?a=1&amp;b=2\""))
        #expect(request.contains("IssueInstant=\"2027-01-15T08:00:00.000Z\""))
        let location = Self.service.location(id: "_r1", destination: "https://idp.example/sso?a=1", now: Self.now)
        #expect(location.hasPrefix("https://idp.example/sso?a=1&SAMLRequest="))
    }
}
