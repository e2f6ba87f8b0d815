import JSONText

extension ValueKind where Value == String {
    /// The address of a directory.
    static var directoryURL: ValueKind {
        pattern("a URL that begins with ldap://, ldaps:// or ldapi://", placeholder: "URL") { text in
            ["ldap://", "ldaps://", "ldapi://"].contains { text.hasPrefix($0) && text.utf8.count > $0.utf8.count }
                && text.utf8.count <= 2_048 && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        }
    }

    /// The name of an attribute in a directory.
    static var attribute: ValueKind {
        pattern("the name of an attribute: letters, digits, - and ;", placeholder: "NAME") { text in
            (1...128).contains(text.utf8.count)
                && text.utf8.allSatisfy { byte in
                    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                        || "-;.".utf8.contains(byte)
                }
        }
    }
}

extension ValueKind where Value == [NamePair] {
    /// Group and role.
    static var roles: ValueKind {
        pairs("a role (viewer, user or admin)") { ["viewer", "user", "admin"].contains($0) }
    }

    /// Group and team.
    static var teams: ValueKind { pairs("the name of a team") { (1...64).contains($0.utf8.count) } }

    /// An object in a file, `GROUP=WORD;…` elsewhere: names of groups have commas and equals signs.
    private static func pairs(_ word: String, _ isAllowed: @escaping @Sendable (String) -> Bool) -> ValueKind {
        let countMax = 200
        @Sendable func pair(_ name: String, _ meaning: String) -> NamePair? {
            (1...1_024).contains(name.utf8.count) && isAllowed(meaning) ? NamePair(name: name, meaning: meaning) : nil
        }
        @Sendable func check(_ pairs: [NamePair?]) -> [NamePair]? {
            let allowed = pairs.compactMap(\.self)
            return allowed.count == pairs.count && allowed.count <= countMax ? allowed : nil
        }
        return ValueKind(
            allowed: "at most \(countMax) names of groups with \(word) each", placeholder: "GROUP=WORD;…",
            schema: ["type": "object", "additionalProperties": ["type": "string"]],
            decode: { value in
                value.object.flatMap { members in
                    check(members.map { member in member.value.string.flatMap { pair(member.key, $0) } })
                }
            },
            read: { text in
                check(
                    text.split(separator: ";").map { part in
                        guard let place = part.lastIndex(of: "=") else { return nil }
                        return pair(String(part[..<place]), String(part[part.index(after: place)...]))
                    })
            }, encode: { .object(JSONObject($0.map { ($0.name, .string($0.meaning)) })) })
    }
}

/// Named objects: in a file as YAML says them, in arguments and environment as JSON.
private struct NamedObjects<Element: Sendable> {
    let members: [String]
    let countMax: Int
    let make: @Sendable (String, JSONObject) -> Element?

    func decode(_ value: JSONValue) -> [Element]? {
        guard let object = value.object, object.count <= countMax else { return nil }
        var elements: [Element] = []
        for (name, value) in object {
            guard isName(name), let found = value.object, found.keys.allSatisfy(members.contains),
                let element = make(name, found)
            else { return nil }
            elements.append(element)
        }
        return elements
    }

    func read(_ text: String) -> [Element]? {
        do {
            return decode(try JSONValue.parse(text, depthMax: 8))
        } catch {
            return nil
        }
    }

    /// Part of paths.
    private func isName(_ name: String) -> Bool {
        (1...32).contains(name.utf8.count)
            && name.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D }
    }
}

/// Takes members out of an object, and notes whether any was not as it must be.
private struct MemberReader {
    let object: JSONObject
    var isFine = true

    init(_ object: JSONObject) { self.object = object }

    mutating func take<Value>(_ name: String, _ kind: ValueKind<Value>) -> Value? {
        guard let value = object[name], !value.isNull else { return nil }
        guard let found = kind.decode(value) else {
            isFine = false
            return nil
        }
        return found
    }

    mutating func people() -> PeopleConfiguration {
        var people = PeopleConfiguration()
        for setting in PeopleSettings.all {
            guard let value = object[setting.path], !value.isNull else { continue }
            if !setting.apply(.json(value), &people) { isFine = false }
        }
        return people
    }

    static let peopleMembers = PeopleSettings.all.map(\.path)
}

extension PeopleConfiguration {
    fileprivate var json: [(String, JSONValue)] { PeopleSettings.all.map { ($0.path, $0.current(self)) } }
}

extension ValueKind where Value == [ProviderConfiguration] {
    static var providers: ValueKind {
        let members =
            [
                "kind", "title", "issuer", "clientID", "clientSecret", "clientSecretFile", "scopes", "groupsClaim",
                "emailDomains",
            ] + MemberReader.peopleMembers
        let texts = ValueKind<[String]>.list(of: .text(bytesMax: 256), countMax: 32)
        let objects = NamedObjects(members: members, countMax: 16) { name, object -> ProviderConfiguration? in
            var reader = MemberReader(object)
            var provider = ProviderConfiguration(name: name)
            provider.kind = reader.take("kind", .choice) ?? .oidc
            provider.title = reader.take("title", .text(bytesMax: 100))
            provider.issuer = reader.take("issuer", .httpURL)
            provider.clientID = reader.take("clientID", .text(bytesMax: 512))
            provider.clientSecret = reader.take("clientSecret", .secret(.text(bytesMax: 1_024)))
            provider.clientSecretFile = reader.take("clientSecretFile", .path("FILE"))
            provider.scopes = reader.take("scopes", texts)
            provider.groupsClaim = reader.take("groupsClaim", .text(bytesMax: 256))
            provider.emailDomains = reader.take("emailDomains", texts) ?? []
            provider.people = reader.people()
            return reader.isFine ? provider : nil
        }
        return ValueKind(
            allowed: "at most 16 names (lower-case letters, digits and -), each with some of: "
                + members.joined(separator: ", "),
            placeholder: "JSON", schema: ["type": "object", "additionalProperties": ["type": "object"]],
            decode: { objects.decode($0) }, read: { objects.read($0) },
            encode: { providers in
                .object(
                    JSONObject(
                        providers.map { provider in
                            var object = JSONObject([("kind", .string(provider.kind.rawValue))] + provider.people.json)
                            object["issuer"] = provider.issuer.map { .string($0) }
                            object["clientID"] = provider.clientID.map { .string($0) }
                            object["clientSecretFile"] = provider.clientSecretFile.map { .string($0) }
                            return (provider.name, .object(object))
                        }))
            })
    }
}

extension ValueKind where Value == [IssuerConfiguration] {
    static var issuers: ValueKind {
        let members =
            ["issuer", "audiences", "keysURL", "keysFile", "groupsClaim"] + MemberReader.peopleMembers
        let objects = NamedObjects(members: members, countMax: 16) { name, object -> IssuerConfiguration? in
            var reader = MemberReader(object)
            var issuer = IssuerConfiguration(name: name)
            issuer.issuer = reader.take("issuer", .text(bytesMax: 1_024))
            issuer.audiences = reader.take("audiences", .list(of: .text(bytesMax: 512), countMax: 16)) ?? []
            issuer.keysURL = reader.take("keysURL", .httpURL)
            issuer.keysFile = reader.take("keysFile", .path("FILE"))
            issuer.groupsClaim = reader.take("groupsClaim", .text(bytesMax: 256))
            issuer.people = reader.people()
            return reader.isFine ? issuer : nil
        }
        return ValueKind(
            allowed: "at most 16 names (lower-case letters, digits and -), each with some of: "
                + members.joined(separator: ", "),
            placeholder: "JSON", schema: ["type": "object", "additionalProperties": ["type": "object"]],
            decode: { objects.decode($0) }, read: { objects.read($0) },
            encode: { issuers in
                .object(
                    JSONObject(
                        issuers.map { issuer in
                            var object = JSONObject(issuer.people.json)
                            object["issuer"] = issuer.issuer.map { .string($0) }
                            object["audiences"] = .array(issuer.audiences.map { .string($0) })
                            object["keysURL"] = issuer.keysURL.map { .string($0) }
                            object["keysFile"] = issuer.keysFile.map { .string($0) }
                            return (issuer.name, .object(object))
                        }))
            })
    }
}
