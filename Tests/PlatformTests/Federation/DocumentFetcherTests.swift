import Access
import HTTPFetching
import RequestScope
import Synchronization
import Testing

@testable import Platform

/// Where the documents of providers may be fetched from: a real client, and real ports of this machine.
@Suite struct DocumentFetcherTests {
    private func within(_ body: (HonestProvider, HTTPClient) async throws -> Void) async throws {
        let provider = try await HonestProvider.start()
        let client = try HTTPClient()
        do {
            try await body(provider, client)
        } catch {
            await provider.stop()
            await client.shutDown()
            throw error
        }
        await provider.stop()
        await client.shutDown()
    }

    @Test func `what the operator named may be on this machine, and what others name may not`() async throws {
        try await within { provider, client in
            let url = ProviderMetadata.discoveryURL(of: provider.issuer)
            let named = DocumentFetcher(client: client, configured: [provider.issuer])
            let answer = try await named.fetch(url)
            #expect(answer.status == 200)
            let asked = provider.state.withLock(\.requestCount)
            let unnamed = DocumentFetcher(client: client, configured: ["https://issuer.example"])
            await #expect(throws: SignInError.self) { _ = try await unnamed.fetch(url) }
            #expect(provider.state.withLock(\.requestCount) == asked, "nothing was sent")
            for allowance in ["loopback", "127.0.0.0/8", "127.0.0.1"] {
                let opened = DocumentFetcher(
                    client: client, outgoing: OutgoingURLPolicy(allowed: [allowance]), configured: [])
                let answer = try await opened.fetch(url)
                #expect(answer.status == 200)
            }
        }
    }

    @Test func `a name that leads to this machine is looked at when the connection is made`() async throws {
        try await within { provider, client in
            let port = provider.issuer.split(separator: ":").last.map(String.init) ?? ""
            let named = DocumentFetcher(client: client, configured: [provider.issuer])
            for url in [
                "http://localhost:\(port)/", "http://[::1]:\(port)/", "http://127.1:\(port)/",
                "http://2130706433:\(port)/", "http://127.0.0.1@169.254.169.254/", "http://169.254.169.254/latest",
                "http://10.0.0.1:\(port)/", "file:///etc/passwd", "gopher://127.0.0.1/", "http://0.0.0.0:\(port)/",
            ] {
                await #expect(throws: SignInError.self) { _ = try await named.fetch(url) }
            }
            // The link's addresses are asked for nobody.
            let link = DocumentFetcher(client: client, configured: ["http://169.254.169.254"])
            await #expect(throws: SignInError.self) { _ = try await link.fetch("http://169.254.169.254/latest") }
        }
    }
}
