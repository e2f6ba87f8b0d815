import CLDAP
import Glibc

/// One connection to a directory; closes itself exactly once. Every call blocks, up to the settings' timeout.
///
/// Confined to the thread that opened it. Source: ldap(3) and the functions' own pages of OpenLDAP 2.5.
@safe
struct Connection: ~Copyable {
    /// Entries of a search for groups.
    static let groupsMax = 500
    /// Values of one attribute that are looked at, and bytes of one.
    static let valuesMax = 500
    static let valueBytesMax = 1_024

    private let handle: OpaquePointer
    private let timeout: timeval

    /// Connects, and speaks TLS where that is asked for. The server's certificate and name are always checked.
    static func open(_ settings: DirectorySettings) throws(DirectoryError) -> Connection {
        var opened: OpaquePointer?
        let status = unsafe ldap_initialize(&opened, settings.url)
        guard status == LDAP_SUCCESS, let handle = unsafe opened else {
            throw DirectoryError(.misconfigured, detail: "'\(settings.url)' is no address of a directory")
        }
        let connection = unsafe Connection(handle, timeout: settings.timeout)
        try connection.prepare(settings)
        return connection
    }

    @unsafe
    private init(_ handle: OpaquePointer, timeout: Duration) {
        unsafe self.handle = handle
        let (seconds, attoseconds) = timeout.components
        self.timeout = timeval(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
    }

    deinit { unsafe ldap_unbind_ext_s(handle, nil, nil) }

    private func prepare(_ settings: DirectorySettings) throws(DirectoryError) {
        try set(LDAP_OPT_PROTOCOL_VERSION, LDAP_VERSION3)
        try set(LDAP_OPT_X_TLS_REQUIRE_CERT, Int32(LDAP_OPT_X_TLS_DEMAND))
        // A directory that points elsewhere would get the password sent there.
        guard unsafe nexus_ldap_set_flag(handle, LDAP_OPT_REFERRALS, 0) == LDAP_SUCCESS else {
            throw DirectoryError(.misconfigured, detail: "referrals cannot be turned off")
        }
        for option in [LDAP_OPT_NETWORK_TIMEOUT, LDAP_OPT_TIMEOUT] {
            var timeout = timeout
            guard unsafe ldap_set_option(handle, option, &timeout) == LDAP_SUCCESS else {
                throw DirectoryError(.misconfigured, detail: "the timeout is refused")
            }
        }
        if let file = settings.trustFile {
            guard unsafe ldap_set_option(handle, LDAP_OPT_X_TLS_CACERTFILE, file) == LDAP_SUCCESS else {
                throw DirectoryError(.misconfigured, detail: "the file '\(file)' is refused")
            }
        }
        // Options of TLS take effect for a new context only.
        try set(LDAP_OPT_X_TLS_NEWCTX, 0)
        guard settings.protection == .startTLS else { return }
        let status = unsafe ldap_start_tls_s(handle, nil, nil)
        guard status == LDAP_SUCCESS else {
            throw DirectoryError(.unavailable, detail: "StartTLS failed: \(Self.words(status))")
        }
    }

    private func set(_ option: Int32, _ value: Int32) throws(DirectoryError) {
        var value = value
        guard unsafe ldap_set_option(handle, option, &value) == LDAP_SUCCESS else {
            throw DirectoryError(.misconfigured, detail: "option \(option) is refused")
        }
    }

    /// Proves who is asking.
    ///
    /// - Returns: false when the directory says that the password is wrong.
    /// - Throws: for everything else. An empty password is refused here: with one, a directory proves nothing and says
    ///   yes (RFC 4513, section 5.1.2).
    func bind(_ name: String, password: String) throws(DirectoryError) -> Bool {
        guard !name.isEmpty, !password.isEmpty else {
            throw DirectoryError(.invalidCredentials, detail: "an empty name or password proves nothing")
        }
        let bytes = password.utf8CString
        let status = unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe nexus_ldap_bind(handle, name, buffer.baseAddress, ber_len_t(buffer.count - 1))
        }
        switch status {
        case LDAP_SUCCESS: return true
        case LDAP_INVALID_CREDENTIALS, LDAP_NO_SUCH_OBJECT, LDAP_INAPPROPRIATE_AUTH, LDAP_INVALID_DN_SYNTAX,
            LDAP_UNWILLING_TO_PERFORM:
            return false
        default: throw Self.failure(status, "binding")
        }
    }

    /// An entry as a search gives it: values by attribute, in lower case.
    struct Entry {
        let name: String
        var values: [String: [[UInt8]]]
    }

    /// - Parameters:
    ///   - base: the distinguished name below which entries are looked for.
    ///   - filter: of RFC 4515.
    ///   - attributes: what is wanted of each entry; `1.1` for nothing.
    ///   - countMax: further entries are left out.
    /// - Returns: at most `countMax` entries.
    /// - Throws: `misconfigured` for a filter that is none; `unavailable`.
    func search(
        below base: String, filter: String, attributes: [String], countMax: Int
    ) throws(DirectoryError) -> [Entry] {
        var found: OpaquePointer?
        var timeout = timeout
        var names: [UnsafeMutablePointer<CChar>?] = unsafe attributes.map { unsafe strdup($0) } + [nil]
        defer { for place in attributes.indices { unsafe free(names[place]) } }
        let status = unsafe ldap_search_ext_s(
            handle, base, LDAP_SCOPE_SUBTREE, filter, &names, 0, nil, nil, &timeout, Int32(countMax), &found)
        defer { if let found = unsafe found { unsafe _ = ldap_msgfree(found) } }
        switch status {
        case LDAP_SUCCESS, LDAP_SIZELIMIT_EXCEEDED: break
        case LDAP_NO_SUCH_OBJECT: return []
        case LDAP_FILTER_ERROR:
            throw DirectoryError(.misconfigured, detail: "the filter is not one of RFC 4515")
        default: throw Self.failure(status, "searching")
        }
        var entries: [Entry] = []
        var next = unsafe ldap_first_entry(handle, found)
        while let entry = unsafe next, entries.count < countMax {
            unsafe entries.append(read(entry, attributes))
            unsafe next = ldap_next_entry(handle, entry)
        }
        return entries
    }

    @unsafe
    private func read(_ entry: OpaquePointer, _ attributes: [String]) -> Entry {
        var name = ""
        if let text = unsafe ldap_get_dn(handle, entry) {
            name = unsafe String(cString: text)
            unsafe ldap_memfree(text)
        }
        var values: [String: [[UInt8]]] = [:]
        for attribute in attributes {
            guard let list = unsafe ldap_get_values_len(handle, entry, attribute) else { continue }
            defer { unsafe ldap_value_free_len(list) }
            let count = min(Int(unsafe ldap_count_values_len(list)), Self.valuesMax)
            values[attribute.lowercased()] = (0..<count).compactMap { place in
                guard let value = unsafe list[place], let bytes = unsafe value.pointee.bv_val,
                    unsafe value.pointee.bv_len <= Self.valueBytesMax
                else { return nil }
                return unsafe [UInt8](UnsafeRawBufferPointer(start: bytes, count: Int(value.pointee.bv_len)))
            }
        }
        return Entry(name: name, values: values)
    }

    private static func failure(_ status: Int32, _ step: String) -> DirectoryError {
        let isAccount = [LDAP_INSUFFICIENT_ACCESS, LDAP_STRONG_AUTH_REQUIRED, LDAP_CONFIDENTIALITY_REQUIRED].contains(
            status)
        return DirectoryError(isAccount ? .misconfigured : .unavailable, detail: "\(step) failed: \(words(status))")
    }

    private static func words(_ status: Int32) -> String {
        guard let text = unsafe ldap_err2string(status) else { return "status \(status)" }
        return unsafe String(cString: text)
    }
}
