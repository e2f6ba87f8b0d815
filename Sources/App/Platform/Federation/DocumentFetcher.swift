import Access
import Foundation
import HTTPFetching
import RequestScope
import Vocabulary

/// Gets small documents from providers: discovery, keys, tokens, profiles. Redirects are not followed, and every answer is
/// bounded in size and time.
///
/// Where connections lead is looked at when they are made: what the operator configured may be on this machine or in its
/// network; what a provider's own documents name may be there only beside it, on the internet, or where
/// `server.outgoing.allow` says so.
struct DocumentFetcher: Sendable {
    let client: HTTPClient
    private let outgoing: OutgoingURLPolicy
    /// Hosts that the operator named.
    private let configured: Set<String>

    /// - Parameters:
    ///   - client: makes the connections.
    ///   - outgoing: where they may lead to.
    ///   - configured: URLs that the operator named: issuers, and where their keys are.
    init(client: HTTPClient, outgoing: OutgoingURLPolicy = OutgoingURLPolicy(), configured: [String]) {
        self.client = client
        self.outgoing = outgoing
        self.configured = Set(configured.compactMap(Self.host(of:)))
    }

    private static let timeouts = Timeouts(
        connect: .seconds(5), firstByte: .seconds(10), idle: .seconds(10), total: .seconds(15))

    struct Answer: Sendable {
        let status: Int
        let body: [UInt8]
    }

    /// - Parameters:
    ///   - url: of a provider that was configured, or that its discovery document names.
    ///   - method: `GET` or `POST`.
    ///   - headers: with the credential, where one is needed.
    ///   - form: of a `POST`.
    ///   - bytesMax: of the answer's body.
    /// - Returns: status and body, whatever they are.
    /// - Throws: ``SignInError`` when there is no answer.
    func fetch(
        _ url: String, method: String = "GET", headers: FetchHeaders = [:], form: String? = nil,
        bytesMax: Int = ProviderMetadata.bytesMax
    ) async throws(SignInError) -> Answer {
        var headers = headers
        headers["Accept"] = "application/json"
        if form != nil { headers["Content-Type"] = "application/x-www-form-urlencoded" }
        let host = Self.host(of: url)
        let author: OutgoingURLPolicy.Author = host.map(configured.contains) ?? false ? .administrator : .user
        do throws(ServiceError) {
            _ = try outgoing.check(url, for: author)
        } catch {
            throw SignInError(.providerFailed, detail: "\(Self.place(url)): \(error.description)")
        }
        do throws(FetchError) {
            let response = try await client.fetch(
                FetchRequest(
                    url, method: method, headers: headers, body: form.map { .text($0) } ?? .none,
                    timeouts: Self.timeouts,
                    allowsPeer: { [outgoing] peer in outgoing.allows(address: peer.host, host: host, for: author) }))
            return Answer(status: response.status, body: try await response.body.collect(upTo: bytesMax))
        } catch {
            throw SignInError(.providerFailed, detail: "\(Self.place(url)): \(error.message)")
        }
    }

    /// A document that must be there.
    func document(_ url: String) async throws(SignInError) -> [UInt8] {
        let answer = try await fetch(url)
        guard answer.status == 200 else {
            throw SignInError(.providerFailed, detail: "\(Self.place(url)) answers with status \(answer.status)")
        }
        return answer.body
    }

    private static func host(of url: String) -> String? {
        guard let start = url.range(of: "://")?.upperBound else { return nil }
        return HostName(String(url[start...].prefix { !"/?#".contains($0) }))?.description
    }

    /// Without query, which may hold what is nobody's business.
    private static func place(_ url: String) -> String { String(url.prefix { $0 != "?" }) }
}
