import JSONText

/// What must be true of an assertion before its subject is signed in (SAML profiles, section 4.1.4.3).
///
/// Only what a signature covers comes here. Encrypted assertions are not read.
public struct AssertionChecks: Sendable {
    /// Seconds that an assertion may wait for its use at most, whatever it says itself.
    public static let lifetimeMax: Int64 = 3_600

    public let settings: SAMLSettings
    public let service: SAMLService

    public init(settings: SAMLSettings, service: SAMLService) {
        self.settings = settings
        self.service = service
    }

    /// An assertion that holds.
    public struct Accepted: Sendable, Equatable {
        public let identity: ExternalIdentity
        /// Of the assertion; it must not be accepted again.
        public let id: String
        /// Until then, as Unix time in seconds.
        public let expiresAt: Int64
    }

    /// - Parameters:
    ///   - signed: the element that the signature covers: a response with one assertion, or an assertion.
    ///   - requestID: of the request that this browser was sent out with.
    ///   - now: Unix time in seconds.
    /// - Returns: whose assertion it is.
    /// - Throws: ``SignInError`` with what does not hold, for the log.
    public func accept(_ signed: SAMLElement, requestID: String, now: Int64) throws(SignInError) -> Accepted {
        let assertion = try assertion(of: signed, requestID: requestID)
        guard assertion.attributes["Version"] == "2.0", let id = assertion.attributes["ID"],
            (1...256).contains(id.utf8.count)
        else { throw refused("the assertion is not of version 2.0 or has no id") }
        guard assertion.only("Issuer")?.trimmedText == settings.issuer else {
            throw refused("the assertion is from another issuer")
        }
        guard let subject = assertion.only("Subject"), let nameID = subject.only("NameID") else {
            throw refused("the assertion has no subject with one name")
        }
        let expiresAt = try confirmation(of: subject, requestID: requestID, now: now)
        try checkConditions(assertion, now: now)
        try checkStatements(assertion, now: now)
        return Accepted(
            identity: try identity(nameID: nameID, assertion), id: id, expiresAt: expiresAt + settings.skew)
    }

    private func assertion(of signed: SAMLElement, requestID: String) throws(SignInError) -> SAMLElement {
        if signed.isElement("Assertion") { return signed }
        guard signed.isElement("Response", SAMLElement.protocolNamespace) else {
            throw refused("what is signed is neither a response nor an assertion")
        }
        let status = signed.only("Status", SAMLElement.protocolNamespace)?
            .only("StatusCode", SAMLElement.protocolNamespace)?.attributes["Value"]
        guard status == "urn:oasis:names:tc:SAML:2.0:status:Success" else {
            throw SignInError(.denied, detail: "the response is no success")
        }
        if let destination = signed.attributes["Destination"], destination != service.consumerURL {
            throw refused("the response was meant for another address")
        }
        guard signed.attributes["InResponseTo"] == requestID else {
            throw refused("the response answers another request")
        }
        guard let assertion = signed.only("Assertion") else { throw refused("the response has not one assertion") }
        return assertion
    }

    /// A bearer confirmation that is for this server, for this request, and not over.
    private func confirmation(of subject: SAMLElement, requestID: String, now: Int64) throws(SignInError) -> Int64 {
        for confirmation in subject.all("SubjectConfirmation").prefix(8)
        where confirmation.attributes["Method"] == "urn:oasis:names:tc:SAML:2.0:cm:bearer" {
            guard let data = confirmation.only("SubjectConfirmationData")?.attributes,
                data["Recipient"] == service.consumerURL, data["InResponseTo"] == requestID,
                // A bearer confirmation has no beginning (SAML profiles, section 4.1.4.2).
                data["NotBefore"] == nil,
                let end = data["NotOnOrAfter"].flatMap({ SAMLTime.seconds($0) }), now < end + settings.skew,
                end <= now + Self.lifetimeMax
            else { continue }
            return end
        }
        throw refused("no confirmation is for this server, this request and this time")
    }

    private func checkConditions(_ assertion: SAMLElement, now: Int64) throws(SignInError) {
        guard let conditions = assertion.only("Conditions") else { throw refused("the assertion has no conditions") }
        if let text = conditions.attributes["NotBefore"] {
            guard let start = SAMLTime.seconds(text), now >= start - settings.skew else {
                throw refused("the assertion is not valid yet")
            }
        }
        if let text = conditions.attributes["NotOnOrAfter"] {
            guard let end = SAMLTime.seconds(text), now < end + settings.skew else {
                throw refused("the assertion has expired")
            }
        }
        let restrictions = conditions.all("AudienceRestriction")
        let isMeant = restrictions.allSatisfy { restriction in
            restriction.all("Audience").contains { $0.trimmedText == service.entityID }
        }
        guard !restrictions.isEmpty, isMeant else { throw refused("the assertion is for another audience") }
        let known: Set<String> = ["AudienceRestriction", "OneTimeUse", "ProxyRestriction"]
        guard conditions.children.allSatisfy({ known.contains($0.name) }) else {
            throw refused("the assertion has a condition that this server does not know")
        }
    }

    private func checkStatements(_ assertion: SAMLElement, now: Int64) throws(SignInError) {
        let statements = assertion.all("AuthnStatement")
        guard !statements.isEmpty else { throw refused("the assertion is not of a sign-in") }
        for statement in statements {
            guard let text = statement.attributes["SessionNotOnOrAfter"] else { continue }
            guard let end = SAMLTime.seconds(text), now < end + settings.skew else {
                throw refused("the session at the provider is over")
            }
        }
    }

    private func identity(nameID: SAMLElement, _ assertion: SAMLElement) throws(SignInError) -> ExternalIdentity {
        let subject = nameID.trimmedText
        guard (1...512).contains(subject.utf8.count) else { throw refused("the subject's name is empty or too long") }
        // A name that is another one each time would make a new user at each sign-in.
        guard nameID.attributes["Format"] != "urn:oasis:names:tc:SAML:2.0:nameid-format:transient" else {
            throw refused("the subject's name is transient; configure a persistent one at the provider")
        }
        var values: [String: [String]] = [:]
        for attribute in assertion.all("AttributeStatement").flatMap({ $0.all("Attribute") }).prefix(256) {
            let found = attribute.all("AttributeValue").prefix(IdentityClaims.groupsMax).map(\.trimmedText)
            for name in Set([attribute.attributes["Name"], attribute.attributes["FriendlyName"]].compactMap(\.self)) {
                values[name, default: []] += found
            }
        }
        func first(_ name: String) -> String? { values[name]?.first.flatMap { IdentityClaims.text(.string($0)) } }
        let email = first(settings.emailAttribute)
        return ExternalIdentity(
            issuer: "saml:" + settings.issuer, subject: subject, name: email ?? subject,
            displayName: first(settings.nameAttribute), email: email,
            isEmailVerified: email != nil && settings.trustsEmail, groups: values[settings.groupsAttribute] ?? [])
    }

    private func refused(_ detail: String) -> SignInError { SignInError(.identityRefused, detail: detail) }
}
