import Synchronization

/// What the texts of URLs mean that requests have named lately. A gateway asks the same few again and again, and reading one
/// costs as much as making a short request.
final class KnownURLs: Sendable {
    /// Bounds on what is kept: so many, none longer than this.
    private static let (countMax, bytesMax) = (64, 1024)

    private let known = Mutex<[String: RemoteURL]>([:])

    /// - Throws: `invalidRequest` for what is no absolute URL.
    func url(_ text: String) throws(FetchError) -> RemoteURL {
        if let url = known.withLock({ $0[text] }) { return url }
        let url = try RemoteURL(text)
        guard text.utf8.count <= Self.bytesMax else { return url }
        known.withLock { known in
            if known.count >= Self.countMax { known.removeAll(keepingCapacity: true) }
            known[text] = url
        }
        return url
    }
}
