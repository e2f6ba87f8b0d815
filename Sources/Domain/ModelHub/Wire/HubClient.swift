/// Asks a hub what a repository holds and where its files are.
public struct HubClient: Sendable {
    public let address: HubAddress
    /// Goes to the hub's own scheme, host and port, and nowhere else.
    var token: String? { currentToken() }
    private let currentToken: @Sendable () -> String?
    let transport: any HubTransport
    let time: HubTime
    let retries: RetryPolicy

    /// Redirects of one request.
    private static let hopsMax = 5

    /// - Parameters:
    ///   - address: of the hub, or of a mirror.
    ///   - token: for repositories that are private or gated; never logged.
    ///   - transport: sends requests.
    ///   - time: clock and chance.
    public init(address: HubAddress, token: String?, transport: any HubTransport, time: HubTime) {
        self.init(address: address, token: token, transport: transport, time: time, retries: RetryPolicy())
    }

    /// The same with a token that may change while the client lives.
    public init(
        address: HubAddress, currentToken: @escaping @Sendable () -> String?, transport: any HubTransport, time: HubTime
    ) {
        self.init(
            address: address, currentToken: currentToken, transport: transport, time: time, retries: RetryPolicy())
    }

    init(address: HubAddress, token: String?, transport: any HubTransport, time: HubTime, retries: RetryPolicy) {
        self.init(address: address, currentToken: { token }, transport: transport, time: time, retries: retries)
    }

    private init(
        address: HubAddress, currentToken: @escaping @Sendable () -> String?, transport: any HubTransport,
        time: HubTime, retries: RetryPolicy
    ) {
        self.address = address
        self.currentToken = currentToken
        self.transport = transport
        self.time = time
        self.retries = retries
    }

    // MARK: what there is

    /// All files of a repository at the commit that its revision means now.
    ///
    /// - Throws: `HubError`; `CancellationError`.
    public func listing(of repository: HubRepository) async throws -> HubListing {
        let (information, _) = try await text(address.information(repository, blobs: false), repository)
        let commit = try ListingText.commit(information)
        var files: [HubFile] = []
        var cursor: String?
        for _ in 0..<ListingText.pagesMax {
            let url = address.tree(repository.name, commit: commit, cursor: cursor)
            let page: ([UInt8], String?)
            do {
                page = try await text(url, repository)
            } catch let error as HubError where error.code == .notFound && cursor == nil {
                // Simple mirrors know only the older way.
                let (bytes, _) = try await text(address.information(repository, blobs: true), repository)
                return HubListing(
                    repository: repository, commit: commit, files: try Self.distinct(ListingText.siblings(bytes)))
            }
            files += try ListingText.page(page.0)
            guard files.count <= ListingText.filesMax else { throw ListingText.tooMany(files.count) }
            cursor = ListingText.cursor(link: page.1)
            if cursor == nil {
                return HubListing(repository: repository, commit: commit, files: try Self.distinct(files))
            }
        }
        throw HubError(.badAnswer, "The hub's list of files has more than \(ListingText.pagesMax) pages.")
    }

    private static func distinct(_ files: [HubFile]) throws -> [HubFile] {
        guard Set(files.map(\.path)).count == files.count else {
            throw HubError(.badAnswer, "The hub lists a file twice.")
        }
        return files
    }

    /// The body of an answer of the hub, and its `Link`.
    private func text(_ url: String, _ repository: HubRepository) async throws -> ([UInt8], String?) {
        try await persistently { () async throws -> ([UInt8], String?) in
            var url = url
            for _ in 0..<Self.hopsMax {
                let response = try await transport.send(HubRequest(.get, url, token: token))
                switch answer(response, repository, hasToken: token != nil) {
                case .good: return (try await response.collect(upTo: ListingText.bytesMax), response.headers["link"])
                case .elsewhere(let target):
                    // A renamed repository. What the hub knows is not asked of anybody else.
                    guard address.isOrigin(of: target) else {
                        throw HubError(.badAnswer, "The hub redirects a question about \(repository) to another host.")
                    }
                    url = target
                case .later(let reason, let wait): throw Setback(reason, after: wait)
                case .refused(let error): throw error
                }
            }
            throw HubError(.badAnswer, "The hub redirects more than \(Self.hopsMax) times.")
        }
    }

    // MARK: where a file is

    /// Asks the hub where a file's bytes are.
    ///
    /// As the hub's own client does: `HEAD`, redirects within the hub followed, the first one to another host taken as
    /// the place.
    ///
    /// - Throws: `HubError`; `Setback` when another try may help; `CancellationError`.
    func place(of path: String, in repository: HubRepository, commit: String) async throws -> FilePlace {
        var url = address.file(repository.name, commit: commit, path: path)
        var method = HubRequest.Method.head
        var facts = FilePlace(url: url, isHub: true)
        var hopCount = 0
        while hopCount <= Self.hopsMax {
            let response = try await transport.send(HubRequest(method, url, token: token))
            if [405, 501].contains(response.status), method == .head {
                method = .get
                continue
            }
            hopCount += 1
            facts.note(response)
            switch answer(response, repository, hasToken: token != nil) {
            case .good:
                facts.url = url
                return facts
            case .elsewhere(let target):
                if address.isOrigin(of: target) {
                    url = target
                    continue
                }
                guard !address.isDowngrade(to: target) else {
                    throw HubError(.badAnswer, "The hub redirects to a place without TLS, which is not followed.")
                }
                facts.url = target
                facts.isHub = false
                return facts
            case .later(let reason, let wait): throw Setback(reason, after: wait)
            case .refused(let error): throw error
            }
        }
        throw HubError(.badAnswer, "The hub redirects more than \(Self.hopsMax) times.")
    }

    func answer(_ response: HubResponse, _ repository: HubRepository, hasToken: Bool) -> HubAnswer {
        HubAnswer.read(
            response, repository: repository, page: address.page(repository.name), hasToken: hasToken,
            now: time.unixSeconds())
    }

    // MARK: trying again

    /// Does something until it succeeds, fails for good, or has failed too often.
    func persistently<Result>(_ body: () async throws -> Result) async throws -> Result {
        var failures = 0
        while true {
            do {
                return try await body()
            } catch {
                guard let setback = Setback(error) else { throw error }
                failures += 1
                switch retries.decide(
                    reason: setback.reason, asked: setback.after, failures: failures, chance: time.chance())
                {
                case .again(let wait): try await time.sleep(wait)
                case .giveUp(let error): throw error
                }
            }
        }
    }
}

/// A failure after which another try may help.
struct Setback: Error, Sendable, Equatable {
    /// A full sentence.
    let reason: String
    /// How long the server asks to wait.
    let after: Duration?

    init(_ reason: String, after: Duration? = nil) {
        self.reason = reason
        self.after = after
    }

    /// `nil` for errors that another try would only repeat.
    init?(_ error: any Error) {
        switch error {
        case let setback as Setback: self = setback
        case let error as HubTransportError where error.isPassing: self.init(error.message)
        default: return nil
        }
    }
}

/// Where a file's bytes are, and what the hub says of them on the way.
struct FilePlace: Sendable, Equatable {
    /// May carry a signature: not for logs.
    var url: String
    /// The hub itself has the bytes, and may see the token.
    var isHub: Bool
    var commit: String?
    var size: Int?
    var checksum: HubChecksum?

    init(url: String, isHub: Bool) {
        self.url = url
        self.isHub = isHub
    }

    /// Notes what an answer of the hub says. `X-Linked-…` is about the file, `ETag` and `Content-Length` only where
    /// the answer is not a redirect.
    mutating func note(_ response: HubResponse) {
        let headers = response.headers
        let isFile = (200...206).contains(response.status)
        commit = headers["x-repo-commit"] ?? commit
        size = (headers["x-linked-size"] ?? (isFile ? headers["content-length"] : nil)).flatMap { Int($0) } ?? size
        let tag = headers["x-linked-etag"] ?? (isFile ? headers["etag"] : nil)
        checksum = tag.flatMap { HubChecksum(tag: $0) } ?? checksum
    }
}
