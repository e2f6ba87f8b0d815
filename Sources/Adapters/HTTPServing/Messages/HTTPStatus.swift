/// A response's status code, 100 ... 999 (RFC 9110, section 15).
public struct HTTPStatus: RawRepresentable, Hashable, Sendable, ExpressibleByIntegerLiteral {
    public let rawValue: Int

    public init(rawValue: Int) { self.rawValue = rawValue }
    public init(integerLiteral value: Int) { self.rawValue = value }

    public static let switchingProtocols: Self = 101
    public static let ok: Self = 200
    public static let created: Self = 201
    public static let accepted: Self = 202
    public static let noContent: Self = 204
    public static let partialContent: Self = 206
    public static let found: Self = 302
    public static let seeOther: Self = 303
    public static let notModified: Self = 304
    public static let badRequest: Self = 400
    public static let unauthorized: Self = 401
    public static let forbidden: Self = 403
    public static let notFound: Self = 404
    public static let methodNotAllowed: Self = 405
    public static let conflict: Self = 409
    public static let contentTooLarge: Self = 413
    public static let rangeNotSatisfiable: Self = 416
    public static let unprocessableContent: Self = 422
    public static let upgradeRequired: Self = 426
    public static let tooManyRequests: Self = 429
    public static let internalServerError: Self = 500
    public static let notImplemented: Self = 501
    public static let badGateway: Self = 502
    public static let serviceUnavailable: Self = 503
    public static let gatewayTimeout: Self = 504

    /// The standard phrase for this code, or "Error" / "Status" for one that has none here.
    public var reason: String {
        switch rawValue {
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 206: "Partial Content"
        case 302: "Found"
        case 303: "See Other"
        case 304: "Not Modified"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 409: "Conflict"
        case 413: "Content Too Large"
        case 416: "Range Not Satisfiable"
        case 422: "Unprocessable Content"
        case 426: "Upgrade Required"
        case 429: "Too Many Requests"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        default: rawValue >= 400 ? "Error" : "Status"
        }
    }
}
