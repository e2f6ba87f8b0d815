/// One check of a password: everything blocks.
struct PasswordCheck: Sendable {
    let settings: DirectorySettings
    let name: String
    let password: String

    func result() -> Result<DirectoryEntry, DirectoryError> {
        do throws(DirectoryError) {
            return .success(try run())
        } catch {
            return .failure(error)
        }
    }

    private func run() throws(DirectoryError) -> DirectoryEntry {
        let account = try Connection.open(settings)
        if let bindName = settings.bindName {
            guard try account.bind(bindName, password: settings.bindPassword) else {
                throw DirectoryError(.misconfigured, detail: "the directory refuses the account '\(bindName)'")
            }
        }
        let wanted = [
            settings.idAttribute, settings.nameAttribute, settings.displayNameAttribute, settings.emailAttribute,
        ]
        let filter = SearchFilter.fill(settings.userFilter, ["name": name])
        let found = try account.search(
            below: settings.userBase, filter: filter,
            attributes: wanted + [settings.groupAttribute].compactMap(\.self), countMax: 2)
        // Two entries: the filter does not name one person, and the password might be tried on another's.
        let isOne = found.count == 1
        // An unknown name takes as long as a wrong password: the directory is asked either way.
        let entryName = isOne ? found[0].name : "cn=nobody," + settings.userBase
        let person = try Connection.open(settings)
        let isRight = try person.bind(entryName, password: isOne ? password : "not the password")
        guard isOne, isRight else {
            throw DirectoryError(.invalidCredentials, detail: found.count > 1 ? "two entries" : "refused")
        }
        return try entry(found[0], account)
    }

    private func entry(_ found: Connection.Entry, _ account: borrowing Connection) throws(DirectoryError)
        -> DirectoryEntry
    {
        func text(_ attribute: String) -> String? {
            found.values[attribute.lowercased()]?.first.flatMap { String(validating: $0, as: UTF8.self) }
        }
        guard let id = found.values[settings.idAttribute.lowercased()]?.first, !id.isEmpty else {
            throw DirectoryError(
                .misconfigured, detail: "the entry has no attribute '\(settings.idAttribute)'; see idAttribute")
        }
        var groups =
            settings.groupAttribute.flatMap { found.values[$0.lowercased()] }?
            .compactMap { String(validating: $0, as: UTF8.self) } ?? []
        if let base = settings.groupBase {
            let filter = SearchFilter.fill(settings.groupFilter, ["dn": found.name, "name": name])
            groups += try account.search(
                below: base, filter: filter, attributes: ["1.1"], countMax: Connection.groupsMax
            ).map(\.name)
        }
        return DirectoryEntry(
            name: found.name, id: Self.idText(id), accountName: text(settings.nameAttribute),
            displayName: text(settings.displayNameAttribute), email: text(settings.emailAttribute),
            groups: groups.flatMap { [$0] + Self.firstValue($0) })
    }

    /// Active Directory's `objectGUID` is no text.
    private static func idText(_ bytes: [UInt8]) -> String {
        let isText = bytes.allSatisfy { (0x21...0x7E).contains($0) }
        guard !isText else { return String(decoding: bytes, as: UTF8.self) }
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// `admins` of `cn=admins,ou=groups`; none where the value has escapes, which would need to be undone.
    private static func firstValue(_ name: String) -> [String] {
        guard let first = name.split(separator: ",").first, !first.contains("\\"), !first.contains("+") else {
            return []
        }
        let parts = first.split(separator: "=", maxSplits: 1)
        return parts.count == 2 ? [String(parts[1])] : []
    }
}
