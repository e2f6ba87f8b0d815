import Access
import JSONText
import RequestScope
import ResponsesAPI
import Telemetry
import Vocabulary

extension AccessPart {
    /// Whether those for whom responses are written in the background may still ask.
    var backgroundStanding: BackgroundStanding {
        BackgroundStanding(
            testimony: { OpenRequests.token?.json },
            principal: { [accounts, mode, verifiers] user, origin, testimony in
                let asker: Principal? =
                    switch origin {
                    case .open: mode() == .open ? .open : nil
                    case .local: .local
                    case .anonymous: nil
                    case .session, .apiKey: Self.asker(origin, accounts)
                    case .token: try await Self.asker(testimony, verifiers)
                    }
                guard let asker, asker.user == user, asker.origin == origin,
                    PermissionTable.allows(asker, "chat.use")
                else { return nil }
                return asker
            },
            within: { principal, testimony, id, body in
                let log = LogContext(requestID: id.text, fields: LogFields(principal))
                try await LogContext.$current.withValue(log) {
                    try await CallContext.$current.withValue(CallContext(address: "", endpoint: "/v1/responses")) {
                        try await OpenRequests.$token.withValue(testimony.flatMap(TokenStatement.init)) {
                            try await Principal.$current.withValue(principal) { try await body() }
                        }
                    }
                }
            },
            hold: { [requests, noteEnded] end in
                let release = requests.hold(end)
                // It may have ended since it was asked who this is.
                noteEnded()
                return release
            })
    }

    /// - Throws: why the token counts no more.
    private static func asker(_ testimony: JSONObject?, _ verifiers: TokenVerifiers) async throws -> Principal? {
        guard let statement = testimony.flatMap(TokenStatement.init) else { return nil }
        return try await verifiers.principal(of: statement)
    }

    private static func asker(_ origin: Principal.Origin, _ accounts: Accounts) -> Principal? {
        let claimed = Principal(user: UserID(""), name: "", tenant: .none, role: .viewer, origin: origin)
        guard accounts.index.isValid(claimed, now: accounts.moment) else { return nil }
        return accounts.index.current(claimed)
    }
}
