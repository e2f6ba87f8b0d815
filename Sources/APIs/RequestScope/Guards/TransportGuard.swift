public import HTTPServing
import Vocabulary

/// Lets nothing through that others could have read on the way: requests without TLS are sent to the same address with
/// `https`, where they only read, and refused, where they already carry something.
///
/// Requests of this machine and over Unix sockets pass.
public struct TransportGuard: PlainMiddleware {
    private let publicURL: String?

    /// - Parameter publicURL: where to send people, `https://chat.example.org`; the host that was asked when `nil`.
    public init(publicURL: String?) { self.publicURL = publicURL }

    public func before(_ request: inout HTTPRequest) throws -> HTTPResponse? {
        let isNear = request.client.address.isEmpty || IPAddress(request.client.address)?.isLoopback == true
        guard !request.client.isSecure, !isNear else { return nil }
        // A credential that came this way was told to everyone on it: saying so beats answering.
        guard request.method == .get || request.method == .head, request.headers["Authorization"] == nil,
            let base = publicURL ?? request.headers["Host"].flatMap(HostName.init).map({ "https://\($0)" })
        else {
            throw ServiceError(
                .forbidden, "This server answers over TLS only.", hint: "Use https. Change credentials sent without it."
            )
        }
        return HTTPResponse(HTTPStatus(rawValue: 308), headers: ["Location": base + request.target])
    }
}
