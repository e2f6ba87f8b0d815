public import Access
import Hosting
import JSONText

/// What must not stand in the database as it is: keys of servers elsewhere, and what programs and containers are given in
/// their environment.
public struct DeploymentSecrets: Sendable {
    private let sealer: SecretSealer
    private let complain: @Sendable (SealingError) -> Void

    /// - Parameters:
    ///   - sealer: seals and opens.
    ///   - complain: told of a secret that does not open; the deployment is read without it.
    public init(_ sealer: SecretSealer, complain: @escaping @Sendable (SealingError) -> Void) {
        self.sealer = sealer
        self.complain = complain
    }

    /// A configuration as it may be written down.
    func sealed(_ configuration: JSONValue, of name: String) -> JSONValue {
        map(configuration) { text, place in sealer.seal(text, for: "deployment:\(name):\(place)") }
    }

    /// The same of a configuration that was read from the database: what is sealed there stays.
    func sealedAnyhow(_ configuration: JSONValue, of name: String) -> JSONValue {
        map(configuration) { text, place in
            SecretSealer.isSealed(text) ? text : sealer.seal(text, for: "deployment:\(name):\(place)")
        }
    }

    /// A configuration as it is used. Texts that were written before there were keys are themselves.
    func opened(_ configuration: JSONValue, of name: String) -> JSONValue {
        map(configuration) { text, place in
            guard SecretSealer.isSealed(text) else { return text }
            do throws(SealingError) {
                return try sealer.open(text, for: "deployment:\(name):\(place)")
            } catch {
                complain(error)
                return nil
            }
        }
    }

    private func map(_ configuration: JSONValue, _ change: (String, String) -> String?) -> JSONValue {
        guard var members = configuration.object else { return configuration }
        // A reference to a secret with a name is no secret.
        if let key = members["api_key"]?.string, !key.hasPrefix("secret:") {
            members["api_key"] = change(key, "api_key").map(JSONValue.string)
        }
        if let variables = members["environment"]?.object {
            members["environment"] = .object(
                JSONObject(
                    variables.compactMap { name, value in
                        guard let text = value.string else { return (name, value) }
                        return change(text, "environment.\(name)").map { (name, .string($0)) }
                    }))
        }
        return .object(members)
    }
}
