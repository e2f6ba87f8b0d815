import Access
import RequestScope
import ResponsesAPI
import Telemetry
import Vocabulary

extension AccessPart {
    /// Whether those for whom responses are written in the background may still ask.
    var backgroundStanding: BackgroundStanding {
        BackgroundStanding(
            principal: { [accounts, mode] user, origin in
                let asker: Principal? =
                    switch origin {
                    case .open: mode() == .open ? .open : nil
                    case .local: .local
                    // What a token allows is in the token only, which is not kept.
                    case .anonymous, .token: nil
                    case .session, .apiKey: Self.asker(origin, accounts)
                    }
                guard let asker, asker.user == user, PermissionTable.allows(asker, "chat.use") else { return nil }
                return asker
            },
            within: { principal, id, body in
                let log = LogContext(requestID: id.text, fields: LogFields(principal))
                await LogContext.$current.withValue(log) {
                    await CallContext.$current.withValue(CallContext(address: "", endpoint: "/v1/responses")) {
                        await Principal.$current.withValue(principal) { await body() }
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

    private static func asker(_ origin: Principal.Origin, _ accounts: Accounts) -> Principal? {
        let claimed = Principal(user: UserID(""), name: "", tenant: .none, role: .viewer, origin: origin)
        guard accounts.index.isValid(claimed, now: accounts.moment) else { return nil }
        return accounts.index.current(claimed)
    }
}
