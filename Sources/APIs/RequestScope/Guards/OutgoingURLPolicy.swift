public import Vocabulary

/// Where the server may connect to when somebody else says where: which URLs it reads at all, and which addresses it opens
/// connections to. Pure; whoever connects asks ``allows(address:port:for:)`` with the address that is really connected to, for each
/// connection and after each redirect, so that no name and no redirect leads past it.
///
/// Sources of the ranges: IANA's special-purpose address registries (RFC 6890). Of the ports: WHATWG Fetch, "bad port".
public struct OutgoingURLPolicy: Sendable {
    /// Who named the URL.
    public enum Author: Sendable {
        /// Somebody who administers this server: its own machine and network are where model servers are. Addresses of the
        /// link, where clouds keep their machines' secrets, are not.
        case administrator
        /// Anybody else: the internet only.
        case user
    }

    private enum Allowance: Sendable, Hashable {
        case loopback, `private`
        case range(AddressRange)
        case host(String)
    }

    private let allowances: [Allowance]

    /// - Parameter allowed: address ranges, `loopback`, `private`, or names of hosts, which may then have any address.
    public init(allowed: [String] = []) {
        allowances = allowed.compactMap { text in
            switch text {
            case "loopback": .loopback
            case "private": .private
            default: AddressRange(text).map(Allowance.range) ?? HostName(text).map { .host($0.description) }
            }
        }
    }

    // MARK: URLs

    /// Bytes of a URL.
    public static let urlBytesMax = 2_048

    /// Checks how a URL is written: whatever two parsers may read in two ways is refused.
    ///
    /// - Parameters:
    ///   - url: absolute, `http` or `https`.
    ///   - author: who named it.
    /// - Returns: its host and port.
    /// - Throws: `ServiceError` that says what is wrong, and nothing about what is there.
    public func check(_ url: String, for author: Author) throws(ServiceError) -> (host: HostName, port: Int) {
        guard url.utf8.count <= Self.urlBytesMax else { throw Self.refusal("is longer than \(Self.urlBytesMax) bytes") }
        guard url.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }) else {
            throw Self.refusal("holds spaces, control characters, backslashes or letters outside ASCII")
        }
        let lower = url.lowercased()
        guard let scheme = ["http://", "https://"].first(where: { lower.hasPrefix($0) }) else {
            throw Self.refusal("does not begin with http:// or https://")
        }
        guard !url.utf8.contains(UInt8(ascii: "#")) else { throw Self.refusal("has a fragment") }
        let authority = url.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" }
        guard !authority.utf8.contains(UInt8(ascii: "@")) else { throw Self.refusal("holds a user name") }
        guard let host = HostName(String(authority)), Self.isPlain(host.description), host.port != 0 else {
            throw Self.refusal("names no host in the usual way")
        }
        let port = host.port ?? (scheme == "https://" ? 443 : 80)
        guard author == .administrator || !Self.badPorts.contains(port) else {
            throw Self.refusal("names a port of another protocol")
        }
        if let address = IPAddress(host.description) {
            guard allows(address, host: nil, for: author) else {
                throw Self.refusal("leads to an address that is not allowed")
            }
        } else if author == .user, Self.isInternal(host), !allowances.contains(.host(host.description)),
            !(host.isLoopback && allowances.contains(.loopback))
        {
            throw Self.refusal("leads to an address that is not allowed")
        }
        return (host, port)
    }

    private static func refusal(_ problem: String) -> ServiceError {
        ServiceError(
            .invalidValue, "The URL \(problem).",
            hint: "Give an absolute http or https URL; `server.outgoing.allow` opens further addresses.")
    }

    /// No number in disguise: a name whose last label begins with a digit is read by some as an address (`127.1`, `0x7f.1`,
    /// `2130706433`). Source: WHATWG URL, "ends in a number".
    private static func isPlain(_ host: String) -> Bool {
        if IPAddress(host) != nil { return true }
        guard let last = host.split(separator: ".", omittingEmptySubsequences: false).last, let first = last.utf8.first
        else { return false }
        return !(0x30...0x39).contains(first) && !host.hasPrefix(".") && !host.contains("..")
    }

    /// Names that only mean something inside of a network.
    private static func isInternal(_ host: HostName) -> Bool {
        let name = host.description
        return host.isLoopback || !name.contains(".")
            || [".local", ".internal", ".lan", ".home.arpa", ".localdomain"].contains { name.hasSuffix($0) }
    }

    // MARK: Addresses

    /// Whether a connection may be opened.
    ///
    /// - Parameters:
    ///   - address: the numeric address of the peer, as the system reports it.
    ///   - host: the name that was asked for, where there was one.
    ///   - author: who named the URL.
    /// - Returns: whether a connection may be made.
    public func allows(address: String, host: String? = nil, for author: Author) -> Bool {
        guard let address = IPAddress(address) else { return false }
        return allows(address, host: host, for: author)
    }

    private func allows(_ address: IPAddress, host: String?, for author: Author) -> Bool {
        let kind = Self.kind(of: address)
        if kind == .global { return true }
        for allowance in allowances {
            switch allowance {
            case .loopback where kind == .loopback, .private where kind == .private: return true
            case .range(let range) where range.contains(address): return true
            case .host(let name) where name == host: return true
            default: break
            }
        }
        return author == .administrator && (kind == .loopback || kind == .private)
    }

    enum Kind: Sendable, Equatable {
        case global, loopback, `private`
        /// Of the link, of no host, for examples, for many, or within other addresses.
        case special
    }

    static func kind(of address: IPAddress) -> Kind {
        if address.isLoopback { return .loopback }
        if cloudSecrets.contains(where: { $0.contains(address) }) { return .special }
        if privateRanges.contains(where: { $0.contains(address) }) { return .private }
        return specialRanges.contains { $0.contains(address) } ? .special : .global
    }

    private static let privateRanges = [
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7",
    ].compactMap(AddressRange.init)

    /// The last lines are IPv4 addresses in IPv6 clothes: what they lead to would have to be looked at again.
    private static let specialRanges = [
        "0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "::/128", "fe80::/10", "fec0::/10", "ff00::/8", "100::/64", "2001:db8::/32", "3fff::/20", "5f00::/16",
        "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/23", "2002::/16",
    ].compactMap(AddressRange.init)

    /// Where clouds keep their machines' secrets, in the middle of private ranges.
    private static let cloudSecrets = ["fd00:ec2::254", "100.100.100.200"].compactMap(AddressRange.init)

    private static let badPorts: Set<Int> = [
        1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109,
        110,
        111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531,
        532,
        540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060,
        5061,
        6000, 6379, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10_080, 11_211,
    ]
}
