/// Where a machine serves its devices to llama.cpp's RPC.
public struct RPCEndpoint: Sendable, Equatable, Hashable, CustomStringConvertible {
    /// A name, an IPv4 address, or an IPv6 address without brackets.
    public let host: String
    public let port: UInt16

    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads `host:port`, with brackets around an IPv6 address; `nil` for anything else.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        let isName = host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } && !host.contains { "[],/@".contains($0) }
        guard (1...255).contains(host.utf8.count), isName else { return nil }
        self.init(host: String(host), port: port)
    }

    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// The port that llama.cpp's own server listens on where nothing is said.
    public static let portDefault: UInt16 = 50_052
    /// Servers that one model can be spread over: ggml's bound (`GGML_RPC_MAX_SERVERS`).
    public static let countMax = 16
}
