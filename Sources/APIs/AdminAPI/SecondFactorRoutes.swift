public import Access
public import HTTPServing
import JSONText
import Telemetry
import Vocabulary

/// `/api/v1/session/totp`: one's own second factor.
public struct SecondFactorRoutes: Sendable {
    private let accounts: Accounts

    public init(_ accounts: Accounts) { self.accounts = accounts }

    private static let path = "/api/v1/session/totp"
    private static let bodyBytesMax = 4 << 10

    public var routes: [Route] {
        [
            Route(.post, Self.path, Self.offer, bodyBytesMax: Self.bodyBytesMax) { request in
                try request.requireSession()
                let offer = try await accounts.offerSecondFactor(to: request.caller)
                return .json(
                    ["secret": .string(offer.secret.revealed), "url": .string(offer.url.revealed)], status: .created,
                    headers: ["Cache-Control": "no-store"])
            },
            Route(.post, Self.path + "/confirm", Self.confirm, bodyBytesMax: Self.bodyBytesMax) { request in
                try request.requireSession()
                let codes = try await accounts.confirmSecondFactor(
                    of: request.caller, code: try await Self.code(request), client: request.trace)
                return .json(
                    ["recovery_codes": .array(codes.map { .string($0.revealed) })],
                    headers: ["Cache-Control": "no-store"])
            },
            Route(.delete, Self.path, Self.remove, bodyBytesMax: Self.bodyBytesMax) { request in
                try request.requireSession()
                try await accounts.removeSecondFactor(
                    of: request.caller, code: try await Self.code(request), client: request.trace)
                return .json(["deleted": true])
            },
        ]
    }

    private static func code(_ request: HTTPRequest) async throws -> String {
        try await request.read(["code"]) { body throws(JSONFieldError) in
            try body.required("code").keptText(bytesIn: 1...64)
        }
    }

    private static let codeBody = AccessSchemas.object(["code": AccessSchemas.text], required: ["code"])

    private static let offer = AccessSchemas.route(
        "offerTOTP", "Makes a secret for an authenticator app; it counts once it is confirmed.",
        permission: "session.use", tag: "session",
        answer: AccessSchemas.object(["secret": AccessSchemas.text, "url": AccessSchemas.text]), status: .created)
    private static let confirm = AccessSchemas.route(
        "confirmTOTP", "Turns the second factor on with a first code; answers with recovery codes, shown once.",
        permission: "session.use", tag: "session", body: codeBody,
        answer: AccessSchemas.object(["recovery_codes": AccessSchemas.texts]))
    private static let remove = AccessSchemas.route(
        "removeTOTP", "Takes one's second factor away; needs a code.", permission: "session.use", tag: "session",
        body: codeBody, answer: AccessSchemas.object(["deleted": AccessSchemas.flag]))
}
