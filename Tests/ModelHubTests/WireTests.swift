import Synchronization
import Testing

@testable import ModelHub

@Suite struct WireTests {
    private let none = AsyncThrowingStream<[UInt8], any Error> { $0.finish() }

    private func answer(_ status: Int, _ headers: [String: String] = [:], token: Bool = false) -> HubAnswer {
        HubAnswer.read(
            HubResponse(status: status, headers: headers, body: none), repository: HubRepository("a/b"),
            page: "https://hub.test/a/b", hasToken: token, now: 1_000_000_000)
    }

    @Test func `names are percent-encoded`() {
        let address = HubAddress("https://hub.test/mirror/")
        #expect(
            address.file("a/b", commit: "abc", path: "sub dir/ü?#%.gguf")
                == "https://hub.test/mirror/a/b/resolve/abc/sub%20dir/%C3%BC%3F%23%25.gguf")
        #expect(
            address.information(HubRepository("a/b", revision: "refs/pr/1"), blobs: true)
                == "https://hub.test/mirror/api/models/a/b/revision/refs%2Fpr%2F1?blobs=true")
    }

    @Test(arguments: [
        ("https://hub.test/x", true), ("https://HUB.test:443/x", true), ("https://hub.test?x", true),
        ("http://hub.test/x", false), ("https://hub.test:444/x", false), ("https://hub.test.evil/x", false),
        ("https://hub.test@evil/x", false), ("https://evil/https://hub.test", false),
        ("https://hub.test\\@evil/", false),
        ("//hub.test/x", false), ("", false),
    ])
    func `only the hub's own origin may see the token`(_ url: String, _ isOwn: Bool) {
        #expect(HubAddress("https://hub.test").isOrigin(of: url) == isOwn)
    }

    @Test func `a token's refusals are told apart`() {
        guard case .refused(let gated) = answer(403, ["x-error-code": "GatedRepo"]),
            case .refused(let refused) = answer(401, ["x-error-message": "Invalid\r\ncredentials"], token: true),
            case .refused(let missing) = answer(404, ["x-error-code": "RevisionNotFound"])
        else {
            Issue.record("refusals are refusals")
            return
        }
        #expect(gated.code == .gated && gated.hint?.contains("https://hub.test/a/b") == true)
        #expect(refused.code == .unauthorized && refused.message.contains("Invalid  credentials"))
        #expect(missing.code == .notFound && missing.message.contains("main"))
    }

    @Test(arguments: [
        (["retry-after": "7"], Duration.seconds(7)), (["retry-after": "Sun, 09 Sep 2001 01:46:50 GMT"], .seconds(10)),
        (["ratelimit": "\"resolvers\";r=0;t=55"], .seconds(55)), (["retry-after": "soon"], nil), ([:], nil),
    ])
    func `a server says how long to wait in three ways`(_ headers: [String: String], _ wait: Duration?) {
        #expect(answer(429, headers) == .later("The hub says that there were too many requests.", after: wait))
    }

    @Test func `dates are counted from 1970`() {
        #expect(HTTPDate.seconds("Sun, 06 Nov 1994 08:49:37 GMT") == 784_111_777)
        #expect(HTTPDate.seconds("Thu, 29 Feb 2024 00:00:00 GMT") == 1_709_164_800)
        #expect(HTTPDate.seconds("Fri, 30 Feb 2024 00:00:00 GMT") == nil)
        #expect(HTTPDate.seconds("Sunday, 06-Nov-94 08:49:37 GMT") == nil)
    }

    @Test func `an answer that ends because its task was cancelled is not taken for a whole one`() async throws {
        let chunks = Mutex([Array("[1".utf8)])
        let body = AsyncThrowingStream<[UInt8], any Error> {
            withUnsafeCurrentTask { $0?.cancel() }
            return chunks.withLock { $0.popLast() }
        }
        let reading = Task { try await HubResponse(status: 200, headers: [:], body: body).collect(upTo: 10) }
        await #expect(throws: CancellationError.self) { try await reading.value }
    }

    @Test func `only the cursor of the next page is taken`() {
        #expect(
            ListingText.cursor(link: "<https://elsewhere.test/api?recursive=true&cursor=ZXl%3D>; rel=\"next\"")
                == "ZXl%3D")
        #expect(ListingText.cursor(link: "<https://a/b?cursor=x>; rel=\"prev\"") == nil)
        #expect(ListingText.cursor(link: "<https://a/b?cursor=x y>; rel=\"next\"") == nil)
        #expect(ListingText.cursor(link: nil) == nil)
    }

    @Test func `a page tells sizes and checksums of files, and leaves folders out`() throws {
        let sha = String(repeating: "ab", count: 32)
        let git = String(repeating: "cd", count: 20)
        let files = try ListingText.page(
            Array(
                """
                [{"type":"directory","path":"sub","oid":"\(git)"},
                 {"type":"file","path":"config.json","size":7,"oid":"\(git)"},
                 {"type":"file","path":"m.gguf","size":9,"oid":"\(git)","lfs":{"oid":"\(sha)","size":9,"pointerSize":130}}]
                """.utf8))
        #expect(
            files == [
                HubFile(path: "config.json", size: 7, checksum: .gitBlob(git)),
                HubFile(path: "m.gguf", size: 9, checksum: .sha256(sha)),
            ])
    }

    @Test(arguments: [
        "{}", "not json", "[{\"type\":\"file\"}]", "[{\"type\":\"file\",\"path\":\"../x\",\"size\":1}]",
        "[{\"type\":\"file\",\"path\":\"x\",\"size\":-1}]", "[{\"type\":\"file\",\"path\":\"x\",\"size\":1e18}]",
        "[{\"type\":\"file\",\"path\":\"x\\u0000\",\"size\":1}]",
    ])
    func `lists that cannot be right are refused`(_ text: String) {
        #expect(throws: HubError.self) { try ListingText.page(Array(text.utf8)) }
    }

    @Test(arguments: ["{}", "{\"sha\":\"../../x\"}", "{\"sha\":\"ABC\"}", "[1]"])
    func `a commit is a commit`(_ text: String) {
        #expect(throws: HubError.self) { try ListingText.commit(Array(text.utf8)) }
    }

    @Test func `ranges are compared with what was asked for`() throws {
        let read = { (status: Int, headers: [String: String], asked: Range<Int>) throws in
            try RangeAnswer.read(
                HubResponse(status: status, headers: headers, body: none), asked: asked, size: 100)
        }
        #expect(try read(206, ["content-range": "bytes 10-19/100"], 10..<20) == .asAsked)
        #expect(try read(206, ["content-range": "bytes 10-19/*"], 10..<20) == .asAsked)
        #expect(try read(200, ["content-length": "100"], 10..<20) == .whole)
        #expect(try read(200, [:], 0..<100) == .asAsked)
        #expect(throws: RangeMismatch.self) { try read(206, ["content-range": "bytes 0-9/100"], 10..<20) }
        #expect(throws: RangeMismatch.self) { try read(206, ["content-range": "bytes 10-19/99"], 10..<20) }
        #expect(throws: RangeMismatch.self) { try read(206, [:], 10..<20) }
        #expect(throws: RangeMismatch.self) { try read(200, ["content-length": "101"], 10..<20) }
        #expect(throws: RangeMismatch.self) {
            try read(206, ["content-range": "bytes 10-19/100", "content-length": "11"], 10..<20)
        }
    }

    @Test(arguments: ["bytes 5-4/10", "bytes -1-4/10", "bytes 0-9/9", "bytes 0-9", "items 0-9/10", "bytes a-b/c", ""])
    func `ranges that are none are not read`(_ text: String) { #expect(ContentRange(text) == nil) }
}
