import AdminAPI
import Conversations
import Digests
import HTTPServing
import Records
import Storage
import Telemetry

/// Conversations: their store, the desk that writes answers into them, their routes.
struct ConversationPart: Sendable {
    let store: ConversationRecords
    let desk: AnswerDesk
    private let logger: Logger

    /// How often temporary conversations are looked through.
    private static let sweepEvery = Duration.seconds(600)

    /// - Parameters:
    ///   - database: where they are kept.
    ///   - service: what answers.
    ///   - logger: of this part.
    init(database: Database, service: any ModelService, logger: Logger) {
        store = ConversationRecords(database)
        desk = AnswerDesk(store: store, service: service, logger: logger)
        self.logger = logger
    }

    var routes: [Route] {
        ConversationRoutes(
            ConversationTools(
                store: store, answers: desk, now: { .now() }, secret: Self.secret, digest: Self.digest(of:))
        ).routes
    }

    /// Settles what a process left, then removes temporary conversations that nobody has used for a day, again and again.
    ///
    /// - Parameter isAlone: whether no other process writes answers into this database.
    func run(isAlone: Bool) async {
        do {
            if isAlone {
                let count = try await store.settleWriting()
                if count > 0 {
                    logger.notice("unfinished answers are kept as stopped", ["count": .integer(Int64(count))])
                }
            }
            while true {
                let moment = ConversationMoment.now()
                let kept = ConversationLimits.temporaryKept / .microseconds(1)
                _ = try await store.removeTemporary(
                    usedBefore: ConversationMoment(microseconds: moment.rawValue - Int64(kept)))
                try await Task.sleep(for: Self.sweepEvery)
            }
        } catch is CancellationError {
            return
        } catch {
            logger.warning("temporary conversations are not removed", [.error: .error(error)])
        }
    }

    /// 32 random bytes in a text that links can hold, and its digest.
    @Sendable private static func secret() -> (text: String, digest: String) {
        let alphabet = Array("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789".utf8)
        var random = SystemRandomNumberGenerator()
        // 57 letters, 44 of them: 256 bits.
        let text = String(
            decoding: (0..<44).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] }, as: UTF8.self)
        return (text, digest(of: text))
    }

    @Sendable private static func digest(of secret: String) -> String {
        SHA256.digest(of: Array(secret.utf8)).hexadecimal
    }
}
