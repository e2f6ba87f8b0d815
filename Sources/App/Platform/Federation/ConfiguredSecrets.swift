import Configuration

extension FederationConfiguration {
    /// The same with the secrets themselves where it names sealed ones (`secret:NAME`).
    ///
    /// - Parameter resolve: what a text stands for.
    /// - Returns: the configuration to be used.
    /// - Throws: when there is no such secret, or it cannot be opened.
    func resolved(_ resolve: @Sendable (String) async throws -> String) async throws -> FederationConfiguration {
        var resolved = self
        for index in oidc.indices {
            guard let secret = oidc[index].clientSecret else { continue }
            resolved.oidc[index].clientSecret = Secret(try await resolve(secret.revealed))
        }
        if let secret = ldap.bindPassword { resolved.ldap.bindPassword = Secret(try await resolve(secret.revealed)) }
        return resolved
    }
}
