import Access
import HTTPFetching

/// Gets small documents from providers: discovery, keys, tokens, profiles. Redirects are not followed, the link's own
/// addresses (where clouds keep their secrets) never asked, and every answer is bounded in size and time.
struct DocumentFetcher: Sendable {
    let client: HTTPClient

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
        do throws(FetchError) {
            let response = try await client.fetch(
                FetchRequest(
                    url, method: method, headers: headers, body: form.map { .text($0) } ?? .none,
                    timeouts: Self.timeouts, allowsPeer: { PeerDistance($0).isAllowed(farOnly: false) }))
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

    /// Without query, which may hold what is nobody's business.
    private static func place(_ url: String) -> String { String(url.prefix { $0 != "?" }) }
}
