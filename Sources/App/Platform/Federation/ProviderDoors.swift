import Access

/// Where the doors of a provider are, by discovery: asked for when somebody knocks, and kept for an hour.
///
/// However many knock at once, one question is under way; and after one that failed there is a pause, so that a provider that
/// is down is not asked by everybody who opens the page.
actor ProviderDoors {
    /// Seconds.
    static let pause: Int64 = 5

    private let issuer: String
    private let fetcher: DocumentFetcher
    private let now: @Sendable () -> Int64
    private var known: (metadata: ProviderMetadata, at: Int64)?
    private var failure: (error: SignInError, at: Int64)?
    private var isAsking = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// - Parameters:
    ///   - issuer: as configured.
    ///   - fetcher: asks it.
    ///   - now: Unix time in seconds.
    init(issuer: String, fetcher: DocumentFetcher, now: @escaping @Sendable () -> Int64) {
        self.issuer = issuer
        self.fetcher = fetcher
        self.now = now
    }

    func metadata() async throws(SignInError) -> ProviderMetadata {
        while isAsking { await withCheckedContinuation { waiting.append($0) } }
        if let known, known.at + RemoteKeys.keptFor > now() { return known.metadata }
        if let failure, failure.at + Self.pause > now() { throw failure.error }
        isAsking = true
        defer {
            isAsking = false
            for continuation in waiting { continuation.resume() }
            waiting = []
        }
        do throws(SignInError) {
            let bytes = try await fetcher.document(ProviderMetadata.discoveryURL(of: issuer))
            let metadata = try ProviderMetadata(document: bytes, issuer: issuer)
            known = (metadata, now())
            return metadata
        } catch {
            failure = (error, now())
            throw error
        }
    }
}
