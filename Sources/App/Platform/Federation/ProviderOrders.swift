import Access
import HTTPServing
import JSONText
import Telemetry
import Vocabulary

/// Ends sessions when their provider says so, from server to server.
///
/// Source: OpenID Connect Back-Channel Logout 1.0, sections 2.5 to 2.8.
struct ProviderOrders: Sendable {
    let users: any ExternalUsers
    let spent: SpentIDs
    let logger: Logger
    let now: @Sendable () -> Int64

    static let formBytesMax = 64 << 10

    /// - Parameters:
    ///   - form: with `logout_token`.
    ///   - provider: whose door it came through.
    /// - Returns: 200 when the sessions have ended, though there were none; 400 with the reason when it is no order.
    /// - Throws: when the database cannot be written: the provider is to try again.
    func follow(_ form: [UInt8], of provider: OIDCSignIn) async throws -> HTTPResponse {
        guard let token = FormText.decode(form)?["logout_token"], !token.isEmpty else {
            return Self.refusal("The form has no logout_token.")
        }
        do {
            let order = try await provider.order(token)
            guard !spent.memory.contains(order.spentID, now: now()) else {
                return Self.refusal("The order was followed already.")
            }
            // First, so that a provider may try again where the database fails.
            let count = try await users.endSessions(meantBy: order)
            _ = try await spent.spend(order.spentID, until: order.forgottenAt, now: now())
            logger.notice(
                "a provider ended sessions",
                ["provider": .string(provider.provider.name), "count": .integer(Int64(count))])
            return HTTPResponse(.ok, headers: ["Cache-Control": "no-store"])
        } catch let error as TokenError {
            logger.warning(
                "an order to end sessions was refused",
                ["provider": .string(provider.provider.name), "reason": .string(error.reason.rawValue)])
            return Self.refusal(error.message)
        } catch is SignInError {
            return Self.refusal(
                "The provider's keys cannot be had: try again.", error: "temporarily_unavailable", status: .badGateway)
        }
    }

    private static func refusal(
        _ reason: String, error: String = "invalid_request", status: HTTPStatus = .badRequest
    ) -> HTTPResponse {
        .json(
            ["error": .string(error), "error_description": .string(reason)], status: status,
            headers: ["Cache-Control": "no-store"])
    }
}

/// Where people sign out who signed in elsewhere.
struct ProviderFarewell: ProviderSigningOut {
    let providers: [OIDCSignIn]
    let randomBytes: @Sendable (Int) -> [UInt8]

    /// Signing out here does not wait longer for a provider.
    private static let patience = Duration.seconds(3)

    func signOutLocation(after session: ProviderSession) async -> String? {
        guard let provider = providers.first(where: { $0.provider.name == session.name }) else { return nil }
        let state = Base64URL.text(randomBytes(16))
        return await withTaskGroup(of: String?.self) { group in
            group.addTask { await provider.signOutLocation(session, state: state) }
            group.addTask {
                do { try await Task.sleep(for: Self.patience) } catch { return nil }
                return nil
            }
            let first = await group.next()
            group.cancelAll()
            return first.flatMap(\.self)
        }
    }
}
