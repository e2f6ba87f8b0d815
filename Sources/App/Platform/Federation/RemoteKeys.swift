import Access

/// The keys of an issuer elsewhere, fetched when they are needed and kept for an hour.
///
/// A token with a key that is not known has them fetched again, a few times a minute at most, so that an issuer can change
/// its keys and nobody can have this server ask it without end.
actor RemoteKeys {
    /// Seconds.
    static let keptFor: Int64 = 3_600
    static let window: Int64 = 60
    /// Questions in that time.
    static let questionsMax = 5
    /// Keys that cannot be fetched again are believed for so long.
    static let keptAtMost: Int64 = 86_400

    private let fetch: @Sendable () async throws(SignInError) -> [UInt8]
    private let now: @Sendable () -> Int64
    private var known: (keys: VerificationKeys, at: Int64)?
    /// Moments of the last questions.
    private var questions: [Int64] = []
    private var failure: SignInError?
    private var isAsking = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// - Parameters:
    ///   - now: Unix time in seconds.
    ///   - fetch: gets the key set's bytes.
    init(now: @escaping @Sendable () -> Int64, fetch: @escaping @Sendable () async throws(SignInError) -> [UInt8]) {
        self.now = now
        self.fetch = fetch
    }

    /// The issuer's keys, with the one that is asked for if the issuer has it.
    ///
    /// - Throws: ``SignInError`` when there are none and the issuer does not answer.
    func keys(having id: String?) async throws(SignInError) -> VerificationKeys {
        if let keys = fresh(having: id) { return keys }
        while isAsking { await withCheckedContinuation { waiting.append($0) } }
        if let keys = fresh(having: id) { return keys }
        questions.removeAll { $0 + Self.window <= now() }
        guard questions.count < Self.questionsMax else {
            if let known, known.at + Self.keptAtMost > now() { return known.keys }
            throw failure ?? SignInError(.providerFailed, detail: "the issuer's keys were asked for a moment ago")
        }
        isAsking = true
        questions.append(now())
        defer {
            isAsking = false
            for continuation in waiting { continuation.resume() }
            waiting = []
        }
        do throws(SignInError) {
            let keys = try await read()
            known = (keys, now())
            failure = nil
            return keys
        } catch {
            failure = error
            guard let known, known.at + Self.keptAtMost > now() else { throw error }
            return known.keys
        }
    }

    private func fresh(having id: String?) -> VerificationKeys? {
        guard let known, known.at + Self.keptFor > now() else { return nil }
        return id == nil || known.keys.keys.contains { $0.id == id } ? known.keys : nil
    }

    private func read() async throws(SignInError) -> VerificationKeys {
        let bytes = try await fetch()
        do throws(TokenError) {
            return try VerificationKeys(document: bytes)
        } catch {
            throw SignInError(.providerFailed, detail: error.message)
        }
    }
}
