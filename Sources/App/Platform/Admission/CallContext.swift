import HTTPServing
import Synchronization
import Vocabulary

/// What admission knows of the HTTP request that a generation belongs to.
final class CallContext: Sendable {
    @TaskLocal static var current: CallContext?

    /// Of what the platform counts for itself on its way to an answer, which is admitted on its own.
    static let own = CallContext(address: "", endpoint: "")

    /// The peer's address; empty over a Unix socket.
    let address: String
    /// The path, of which there are as many as routes.
    let endpoint: String
    /// As the caller says, to tell its usage apart.
    let tag: String
    private let isCounted = Once()

    init(address: String, endpoint: String, tag: String = "") {
        self.address = address
        self.endpoint = endpoint
        self.tag = tag
    }

    /// 1 for the first generation of the request, 0 for its further choices.
    func claimRequest() -> Int64 { isCounted.claim() ? 1 : 0 }
}

extension CallContext {
    static let tagHeader = "X-Nexus-Tag"
    private static let pathBytesMax = 128

    /// What a request says of itself.
    ///
    /// - Throws: `invalidValue` for a tag that is none.
    convenience init(_ request: HTTPRequest) throws(ServiceError) {
        let tag = request.headers[Self.tagHeader] ?? ""
        guard tag.isEmpty || RequestID(tag) != nil, tag.utf8.count <= 64 else {
            throw ServiceError(
                .invalidValue, "The header \(Self.tagHeader) is 1 to 64 letters, digits, '-', '_', '.' and ':'.",
                hint: "It tells usage apart, as a project's name does.", parameter: Self.tagHeader)
        }
        let path = String(request.rawPath)
        self.init(
            address: request.client.address, endpoint: path.utf8.count <= Self.pathBytesMax ? path : "", tag: tag)
    }
}
