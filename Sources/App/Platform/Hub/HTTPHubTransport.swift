import HTTPFetching
import ModelHub
import RequestScope

/// Reaches a hub over HTTP. Has a client of its own, so that large bodies never share a thread with answers of models.
struct HTTPHubTransport: HubTransport {
    let client: HTTPClient
    /// Whether the hub itself is on this machine or in its network: then what it redirects to may be, too.
    let isHubNear: Bool
    /// Where connections may lead to. A hub on the internet has no business to send us to this machine or its network.
    let outgoing: OutgoingURLPolicy

    /// Large reads, few connections: a download should cost little more than copying its bytes.
    static let clientConfiguration = HTTPClient.Configuration(
        transfersMax: 256, connectionsPerHostMax: 64, connectionsMax: 128, idleConnectionsMax: 32,
        connectionIdleMax: .seconds(30), responseBufferBytes: 1 << 20, receiveBytes: 256 << 10)

    func send(_ request: HubRequest) async throws -> HubResponse {
        // As the hub's own client asks: an encoding would change sizes and ranges.
        var headers: FetchHeaders = ["Accept": "*/*", "Accept-Encoding": "identity"]
        if let token = request.token { headers.add("Authorization", "Bearer \(token)") }
        if let range = request.range { headers.add("Range", "bytes=\(range.lowerBound)-\(range.upperBound)") }
        let author = request.isRedirected && !isHubNear ? OutgoingURLPolicy.Author.user : .administrator
        do throws(FetchError) {
            let response = try await client.fetch(
                FetchRequest(
                    request.url, method: request.method.rawValue, headers: headers,
                    timeouts: Timeouts(connect: .seconds(20), firstByte: .seconds(30), idle: .seconds(20)),
                    allowsPeer: { [outgoing] peer in outgoing.allows(address: peer.host, for: author) }))
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
