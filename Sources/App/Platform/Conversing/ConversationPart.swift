import AdminAPI
import Configuration
import Conversations
import Digests
import HTTPServing
import Records
import Storage
import Telemetry

/// Conversations: their store, the desks that make prompts and write answers, their routes.
struct ConversationPart: Sendable {
    let store: ConversationRecords
    let desk: AnswerDesk
    private let memory: ConversationSurroundings
    let contexts: ContextDesk
    let settings: SettingsRecords
    private let retention: RetentionSweep
    private let pulse: WriterPulse
    private let logger: Logger

    /// How often it is looked for conversations whose time is over.
    private static let sweepEvery = Duration.seconds(600)

    /// - Parameters:
    ///   - database: where they are kept.
    ///   - service: what answers.
    ///   - configuration: titles and retention.
    ///   - trust: who keeps the audit trail.
    ///   - memory: what conversations ask of memory and contexts.
    ///   - notes: what turns are told beside their words.
    ///   - logger: of this part.
    init(
        database: Database, service: any ModelService, configuration: ConversationConfiguration, trust: TrustPart,
        memory: ConversationSurroundings, notes: any TurnNoting, logger: Logger
    ) {
        self.memory = memory
        let writer = ProcessOwner.current().text
        store = ConversationRecords(database, writer: writer)
        settings = SettingsRecords(database)
        contexts = ContextDesk(
            stores: ContextDesk.Stores(contexts: store, settings: settings), service: service, noting: notes,
            logger: logger)
        desk = AnswerDesk(
            store: store, service: service, contexts: contexts,
            titles: TitleDesk(
                store: store, settings: settings, words: ModelWords(service: service), isOn: configuration.hasTitles,
                logger: logger),
            logger: logger)
        retention = RetentionSweep(
            store: store, policy: RetentionPolicy(configuration), audit: trust.audit, logger: logger)
        pulse = WriterPulse(store: store, writer: writer, logger: logger)
        self.logger = logger
    }

    var routes: [Route] {
        let now: @Sendable () -> ConversationMoment = { .now() }
        let tools = ConversationTools(
            store: store, contextStore: store, answers: desk, planning: contexts,
            document: { try await PDFTranscript.write($0, $1) }, now: now, secret: Self.secret,
            digest: Self.digest(of:), memory: memory)
        return ConversationRoutes(tools).routes + SettingsRoutes(settings, now: now).routes
            + RetentionRoutes(store, policy: retention.policy, now: now).routes
    }

    /// Settles what processes left that have ended, fills the search's index, and removes what its class keeps no longer,
    /// again and again.
    ///
    /// - Parameter isAlone: whether no other process writes answers into this database.
    func run(isAlone: Bool) async {
        await withTaskGroup(of: Void.self) { group in
            if !isAlone { group.addTask { await pulse.run() } }
            group.addTask { await tidy(isAlone: isAlone) }
        }
    }

    private func tidy(isAlone: Bool) async {
        do {
            if isAlone {
                let count = try await store.settleWriting()
                if count > 0 {
                    logger.notice("unfinished answers are kept as stopped", ["count": .integer(Int64(count))])
                }
            }
            while try await store.fillGrams() > 0 { try Task.checkCancellation() }
        } catch {
            guard !error.isCancellation else { return }
            logger.warning("conversations are not settled", [.error: .error(error)])
        }
        while !Task.isCancelled {
            do {
                try await retention.run(at: .now())
                try await Task.sleep(for: Self.sweepEvery)
            } catch {
                guard !error.isCancellation else { return }
                logger.warning("conversations are not removed", [.error: .error(error)])
                do { try await Task.sleep(for: Self.sweepEvery) } catch { return }
            }
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

extension ConversationPart {
    /// Takes something that is forgotten out of what later prompts repeat.
    var forgetNotes: @Sendable (_ source: String, ConversationOwner) async throws -> Void {
        { [store] source, owner in _ = try await store.removeNotes(holding: source, of: owner) }
    }
}
