import Access
import Synchronization

/// The secrets of second factors at rest: sealed, each for its user.
///
/// One that does not open, because its key is not there, is told and has a stand-in that nobody knows: its user signs in with a
/// recovery code, and never without a second factor. What could not be opened stays as it is in the database.
final class SecondFactorSecrets: Sendable {
    private struct Unopened {
        let envelope: String
        let standIn: [UInt8]
    }

    private let sealer: SecretSealer
    private let complain: @Sendable (SealingError) -> Void
    private let unopened = Mutex<[String: Unopened]>([:])

    init(_ sealer: SecretSealer, complain: @escaping @Sendable (SealingError) -> Void) {
        self.sealer = sealer
        self.complain = complain
    }

    func seal(_ secret: [UInt8], of user: String) -> String {
        if let kept = unopened.withLock({ $0[user] }), kept.standIn == secret { return kept.envelope }
        return sealer.seal(Base64URL.text(secret), for: Self.place(user))
    }

    func open(_ envelope: String, of user: String) -> [UInt8] {
        do throws(SealingError) {
            let text = try sealer.open(envelope, for: Self.place(user))
            if let secret = Base64URL.decoded(text) {
                unopened.withLock { $0[user] = nil }
                return secret
            }
        } catch {
            if unopened.withLock({ $0[user]?.envelope != envelope }) { complain(error) }
        }
        return unopened.withLock { unopened in
            if let kept = unopened[user], kept.envelope == envelope { return kept.standIn }
            var random = SystemRandomNumberGenerator()
            let standIn = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            unopened[user] = Unopened(envelope: envelope, standIn: standIn)
            return standIn
        }
    }

    private static func place(_ user: String) -> String { "totp:\(user)" }
}
