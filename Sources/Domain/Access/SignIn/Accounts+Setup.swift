public import Telemetry
import Vocabulary

extension Accounts {
    /// How long a one-time link counts.
    public static let invitationLifetime = Duration.seconds(3_600)

    /// Makes the token of a one-time link with which the first administrator is made. An earlier one does not count any more.
    ///
    /// - Returns: the token, which is kept as a hash, in memory only.
    /// - Throws: `conflict` when there is a user.
    public func invite() throws -> Redacted<String> {
        guard index.userCount == 0 else { throw Self.hasUsers }
        let token = SecretText.base32(tools.random(KeyText.secretByteCount))
        invitation = (tools.hash(token, .setup, key: hashKey), now() + Self.invitationLifetime)
        return Redacted(token)
    }

    /// Makes the first administrator.
    ///
    /// - Parameters:
    ///   - token: of the link.
    ///   - order: name and password; the role is an administrator's.
    ///   - client: where they sit.
    /// - Returns: a session for them.
    /// - Throws: `unauthenticated` when the link is wrong, used or too old.
    public func acceptInvitation(
        _ token: String, _ order: UserOrder, client: ClientTrace
    ) async throws -> StartedSession {
        let counted = try await throttle.begin(name: "", address: client.address, now: now())
        guard let invitation, invitation.expiresAt > now(),
            tools.isEqual(tools.hash(token, .setup, key: hashKey), invitation.hash)
        else {
            throw ServiceError(
                .unauthenticated, "This link was used already, is too old, or is wrong.",
                hint: "Start the server again for another one, or use: nexus users create NAME --admin.")
        }
        // Taken before anything waits, so that it counts once; given back when the name or password is refused.
        self.invitation = nil
        let user: User
        do {
            try await throttle.succeed(counted)
            guard order.password != nil else {
                throw ServiceError(.invalidValue, "A password is missing.", hint: "Choose one.", parameter: "password")
            }
            guard index.userCount == 0 else { throw Self.hasUsers }
            var order = order
            order.role = .admin
            order.tenant = nil
            user = try await createUser(order, by: nil)
        } catch {
            self.invitation = invitation
            throw error
        }
        return try await startSession(for: user.id, from: client)
    }

    private static var hasUsers: ServiceError {
        ServiceError(.conflict, "There are users already.", hint: "Sign in.")
    }
}
