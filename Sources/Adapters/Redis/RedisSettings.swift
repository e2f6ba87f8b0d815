/// Which Redis to use and how.
///
/// User and password are never shown: descriptions and mirrors of this value leave them out.
public struct RedisSettings: Sendable, Equatable {
    public enum Address: Sendable, Equatable {
        case socket(path: String)
        case host(String, port: Int)
    }

    public var address: Address
    let user: String?
    let password: String?
    /// The number of the database, 0 to 15 unless the server has more.
    public var database: Int
    public var connectTimeout: Duration
    /// How long a caller waits for an answer, the connecting included.
    public var answerTimeout: Duration
    /// Callers that wait at the same time; more are refused with `.busy`.
    public var waitingMax: Int
    /// Bytes of commands that wait to be answered; more are refused with `.busy`.
    public var waitingBytesMax: Int
    /// Bytes of one reply; a longer one ends the connection.
    public var replyBytesMax: Int

    public init(
        _ address: Address, user: String? = nil, password: String? = nil, database: Int = 0,
        connectTimeout: Duration = .seconds(2), answerTimeout: Duration = .seconds(2), waitingMax: Int = 4_096,
        waitingBytesMax: Int = 64 << 20, replyBytesMax: Int = 64 << 20
    ) {
        self.address = address
        self.user = user
        self.password = password
        self.database = database
        self.connectTimeout = connectTimeout
        self.answerTimeout = answerTimeout
        self.waitingMax = waitingMax
        self.waitingBytesMax = waitingBytesMax
        self.replyBytesMax = replyBytesMax
    }

    /// Reads `redis://[user[:password]@]host[:port][/database]` or `unix:/path/of/socket[?db=number]`.
    ///
    /// - Parameter url: as other clients of Redis read it; user and password percent-encoded.
    /// - Throws: `.settings`, which never quotes the text. `rediss://` (TLS) is refused: the system's hiredis has none.
    public init(url: String) throws(RedisError) {
        if let rest = Self.rest(of: url, after: "unix:") {
            self = try Self.socket(rest)
        } else if let rest = Self.rest(of: url, after: "redis://") {
            self = try Self.server(rest)
        } else if url.hasPrefix("rediss://") {
            throw RedisError(
                .settings,
                "Redis over TLS is not supported; use a Unix socket, or a tunnel such as stunnel on this machine")
        } else {
            throw RedisError(
                .settings,
                "the address of Redis is none of redis://[user[:password]@]host[:port][/database], unix:/path")
        }
    }

    private static func rest(of url: String, after prefix: String) -> Substring? {
        url.hasPrefix(prefix) ? url.dropFirst(prefix.count) : nil
    }

    private static func socket(_ rest: Substring) throws(RedisError) -> RedisSettings {
        let parts = rest.split(separator: "?", maxSplits: 1)
        // `unix:///path` and `unix:/path` mean the same.
        let path = parts.first.map { $0.hasPrefix("//") ? String($0.dropFirst(2)) : String($0) } ?? ""
        guard path.hasPrefix("/"), path.utf8.count < 108 else {
            throw RedisError(.settings, "a Unix socket of Redis is an absolute path of less than 108 bytes")
        }
        guard parts.count == 2 else { return RedisSettings(.socket(path: path)) }
        guard parts[1].hasPrefix("db="), let number = Int(parts[1].dropFirst(3)), number >= 0 else {
            throw RedisError(.settings, "behind the path of a Redis socket only ?db=number may stand")
        }
        return RedisSettings(.socket(path: path), database: number)
    }

    private static func server(_ rest: Substring) throws(RedisError) -> RedisSettings {
        var place = rest
        var credentials: Substring?
        if let at = rest.lastIndex(of: "@") {
            credentials = rest[..<at]
            place = rest[rest.index(after: at)...]
        }
        let parts = place.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let number = parts.count == 2 && !parts[1].isEmpty ? Int(parts[1]) : 0
        guard let number, number >= 0 else {
            throw RedisError(.settings, "the database of Redis is a number from 0")
        }
        let (host, port) = try hostAndPort(parts[0])
        let named = credentials?.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false) ?? []
        let decoded = try named.map { part throws(RedisError) in try percentDecoded(part) }
        // `redis://secret@host` names a user in some clients, a password in others; it is refused, not guessed.
        guard decoded.count != 1 || decoded[0].isEmpty else {
            throw RedisError(.settings, "write the password of Redis behind a colon: redis://:password@host")
        }
        return RedisSettings(
            .host(host, port: port), user: decoded.first.flatMap { $0.isEmpty ? nil : $0 },
            password: decoded.count == 2 ? decoded[1] : nil, database: number)
    }

    private static func hostAndPort(_ text: Substring) throws(RedisError) -> (String, Int) {
        var host = text
        var digits: Substring?
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            host = text[text.index(after: text.startIndex)..<end]
            let tail = text[text.index(after: end)...]
            digits = tail.isEmpty ? nil : tail.dropFirst()
        } else if let colon = text.lastIndex(of: ":") {
            host = text[..<colon]
            digits = text[text.index(after: colon)...]
        }
        let port = digits.map { Int($0) } ?? 6_379
        guard !host.isEmpty, let port, (1...65_535).contains(port) else {
            throw RedisError(.settings, "Redis is at a host with a port from 1 to 65535")
        }
        return (String(host), port)
    }

    private static func percentDecoded(_ text: Substring) throws(RedisError) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
                throw RedisError(.settings, "user and password of Redis are percent-encoded: % is written %25")
            }
            rest = rest.dropFirst(2)
            bytes.append(value)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What a new connection says first.
    var greeting: [[RedisArgument]] {
        var commands: [[RedisArgument]] = []
        if let password {
            commands.append(["AUTH"] + (user.map { [RedisArgument($0)] } ?? []) + [RedisArgument(password)])
        }
        if database != 0 { commands.append(["SELECT", RedisArgument(Int64(database))]) }
        commands.append(["CLIENT", "SETNAME", "llama-nexus"])
        return commands
    }
}

extension RedisSettings: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String {
        switch address {
        case .socket(let path): "Redis at \(path), database \(database)"
        case .host(let host, let port): "Redis at \(host):\(port), database \(database)"
        }
    }

    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["address": address], displayStyle: .struct) }
}
