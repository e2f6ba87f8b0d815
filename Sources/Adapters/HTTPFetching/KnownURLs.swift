import Synchronization

/// What the texts of URLs mean that requests have named lately. A gateway asks the same few again and again, and reading one
/// costs as much as making a short request.
final class KnownURLs: Sendable {
    /// Bounds on what is kept: so many, none longer than this.
    private static let (countMax, bytesMax) = (64, 1024)

    private struct State {
        var urls: [String: RemoteURL] = [:]
        /// The one that was asked for last, and often is again: comparing costs less than looking up.
        var latest: (text: String, url: RemoteURL)?
    }

    private let state = Mutex(State())

    /// - Throws: `invalidRequest` for what is no absolute URL.
    func url(_ text: String) throws(FetchError) -> RemoteURL {
        if let url = state.withLock({ Self.find(text, in: &$0) }) { return url }
        let url = try RemoteURL(text)
        guard text.utf8.count <= Self.bytesMax else { return url }
        state.withLock { state in
            if state.urls.count >= Self.countMax { state.urls.removeAll(keepingCapacity: true) }
            state.urls[text] = url
            state.latest = (text, url)
        }
        return url
    }

    private static func find(_ text: String, in state: inout State) -> RemoteURL? {
        if let latest = state.latest, latest.text == text { return latest.url }
        guard let url = state.urls[text] else { return nil }
        state.latest = (text, url)
        return url
    }
}
