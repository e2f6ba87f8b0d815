import HTTPFetching
import ModelHub

/// Reaches a hub over HTTP. Has a client of its own, so that large bodies never share a thread with answers of models.
struct HTTPHubTransport: HubTransport {
    let client: HTTPClient
    /// Whether the hub itself is on this machine or in its network: then what it redirects to may be, too.
    let isHubNear: Bool

    /// Large reads, few connections: a download should cost little more than copying its bytes.
    static let clientConfiguration = HTTPClient.Configuration(
        transfersMax: 256, connectionsPerHostMax: 64, connectionsMax: 128, idleConnectionsMax: 32,
        connectionIdleMax: .seconds(30), responseBufferBytes: 1 << 20, receiveBytes: 256 << 10)

    func send(_ request: HubRequest) async throws -> HubResponse {
        // As the hub's own client asks: an encoding would change sizes and ranges.
        var headers: FetchHeaders = ["Accept": "*/*", "Accept-Encoding": "identity"]
        if let token = request.token { headers.add("Authorization", "Bearer \(token)") }
        if let range = request.range { headers.add("Range", "bytes=\(range.lowerBound)-\(range.upperBound)") }
        let isFarOnly = request.isRedirected && !isHubNear
        do throws(FetchError) {
            let response = try await client.fetch(
                FetchRequest(
                    request.url, method: request.method.rawValue, headers: headers,
                    timeouts: Timeouts(connect: .seconds(20), firstByte: .seconds(30), idle: .seconds(20)),
                    allowsPeer: { peer in PeerDistance(peer).isAllowed(farOnly: isFarOnly) }))
            var fields: [String: String] = [:]
            for field in response.headers.fields { fields[field.name.lowercased()] = field.value }
            return HubResponse(
                status: response.status, headers: fields, location: response.redirect,
                body: FetchedBody(body: response.body))
        } catch {
            throw Self.told(error)
        }
    }

    /// A failure in this module's words; a cancelled task is one.
    fileprivate static func told(_ error: FetchError) -> any Error {
        switch error.code {
        case .cancelled where Task.isCancelled: CancellationError()
        case .invalidRequest, .tls, .denied, .tooLarge, .redirect, .requestBody:
            HubTransportError(error.message, isPassing: false)
        case .resolve, .connect, .timeout, .malformedResponse, .readAborted, .sendAborted, .cancelled, .overloaded,
            .shutDown, .failed:
            HubTransportError(error.message, isPassing: true)
        }
    }
}

/// The bytes of an answer, with its failures in the hub's words.
private struct FetchedBody: AsyncSequence, Sendable {
    let body: ResponseBody

    struct Iterator: AsyncIteratorProtocol {
        var body: ResponseBody.Iterator

        mutating func next() async throws -> [UInt8]? { try await next(isolation: #isolation) }

        mutating func next(isolation: isolated (any Actor)?) async throws(any Error) -> [UInt8]? {
            do throws(FetchError) {
                return try await body.next(isolation: isolation)
            } catch {
                throw HTTPHubTransport.told(error)
            }
        }
    }

    func makeAsyncIterator() -> Iterator { Iterator(body: body.makeAsyncIterator()) }
}

/// How near a peer is: a hub on the internet has no business to send us to this machine or its network.
struct PeerDistance: Sendable, Equatable {
    enum Distance: Sendable { case thisMachine, link, privateNetwork, far }
    let distance: Distance

    init(_ peer: PeerAddress) {
        switch peer.family {
        case .ipv4: distance = Self.fourth(peer.host)
        case .ipv6:
            let host = peer.host.lowercased()
            if host == "::1" || host == "::" {
                distance = .thisMachine
            } else if host.hasPrefix("::ffff:") {
                distance = Self.fourth(String(host.dropFirst(7)))
            } else if ["fe8", "fe9", "fea", "feb"].contains(where: { host.hasPrefix($0) }) {
                distance = .link
            } else {
                distance = host.hasPrefix("fc") || host.hasPrefix("fd") ? .privateNetwork : .far
            }
        }
    }

    /// Sources: RFC 1122 (127/8, 0/8), RFC 3927 (169.254/16), RFC 1918, RFC 6598 (100.64/10).
    private static func fourth(_ host: String) -> Distance {
        let parts = host.split(separator: ".").compactMap { Int($0) }
        guard parts.count == 4 else { return .thisMachine }
        return switch (parts[0], parts[1]) {
        case (127, _), (0, _): .thisMachine
        case (169, 254): .link
        case (10, _), (192, 168), (172, 16...31), (100, 64...127): .privateNetwork
        default: .far
        }
    }

    /// Addresses of the link are where clouds keep their secrets: nothing is ever fetched from there.
    func isAllowed(farOnly: Bool) -> Bool {
        switch distance {
        case .link: false
        case .thisMachine, .privateNetwork: !farOnly
        case .far: true
        }
    }
}
