import Access
import JSONText
import Telemetry

/// What is kept of sessions at providers. The identity token is sealed, each for its session; one that does not open, because
/// its key is not there, is done without.
struct ProviderSessionRows: Sendable {
    let sealer: SecretSealer

    func text(_ provider: ProviderSession, of session: String) -> String {
        var object: JSONObject = [
            "name": .string(provider.name), "issuer": .string(provider.issuer), "subject": .string(provider.subject),
        ]
        object["sid"] = provider.id.map(JSONValue.string)
        object["token"] = provider.token.map { .string(sealer.seal($0.revealed, for: Self.place(session))) }
        return JSONValue.object(object).text
    }

    func provider(_ text: String, of session: String) throws -> ProviderSession? {
        let object = try JSONValue.parse(text)
        guard let name = object["name"]?.string, let issuer = object["issuer"]?.string,
            let subject = object["subject"]?.string
        else { return nil }
        return ProviderSession(
            name: name, issuer: issuer, subject: subject, id: object["sid"]?.string,
            token: object["token"]?.string.flatMap { open($0, of: session) })
    }

    private func open(_ envelope: String, of session: String) -> Redacted<String>? {
        do { return Redacted(try sealer.open(envelope, for: Self.place(session))) } catch { return nil }
    }

    private static func place(_ session: String) -> String { "session:\(session)" }
}
