import Conversations
import Gateway
import Synchronization
import Telemetry
import Vectors
import Vocabulary

/// Turns texts into vectors by the model that is served for it, through everything that other requests go through: limits and the ledger of whoever
/// is meant hold here, too.
struct MeaningEncoder: Sendable {
    /// Texts of one request.
    static let inputsMax = 32

    /// The model as it is now.
    struct Model: Sendable, Equatable {
        var name: String
        /// Another one when another file is served under the name.
        var identity: String
    }

    let service: any ModelService
    let sources: AnswerSources
    /// Empty is none.
    let name: String

    /// The model; `nil` when nothing of this name is served.
    func model() async -> Model? {
        guard !name.isEmpty else { return nil }
        if let source = await sources.source(ModelID(name), RoutingWish()) {
            return Model(name: name, identity: "\(source.model)\u{1}\(source.identity)")
        }
        // A route that chooses among several is taken for one model.
        let isServed = await service.models().contains { $0.id.name == name || $0.aliases.contains(name) }
        return isServed ? Model(name: name, identity: name) : nil
    }

    /// Vectors of texts, in their order. Who asks is `Principal.current`.
    ///
    /// - Parameters:
    ///   - texts: at most ``inputsMax``; what is too long is cut at its end.
    ///   - priority: how urgent it is.
    /// - Returns: one vector for each.
    /// - Throws: `ServiceError`.
    func vectors(of texts: [String], _ priority: Priority) async throws -> [UnitVector] {
        guard !texts.isEmpty else { return [] }
        var random = SystemRandomNumberGenerator()
        let id = RequestID(millisecondsSinceEpoch: UnixTime.now().nanoseconds / 1_000_000, using: &random)
        var request = EmbeddingRequest(id: id, model: ModelID(name), inputs: texts.map { .text($0) })
        request.truncation = Truncation(side: .end)
        request.scheduling.priority = priority
        let asked = request
        // What it says of caches is not the answer's that it is made for, and it is no request of a client.
        let result = try await AnswerNotes.$current.withValue(nil) {
            try await CallContext.$current.withValue(nil) { try await service.embed(asked) }
        }
        let vectors = result.entries.compactMap { $0.vectors.first.flatMap { UnitVector($0) } }
        guard vectors.count == texts.count else {
            throw ServiceError(
                .engineFailed, "'\(name)' gave \(vectors.count) vectors for \(texts.count) texts.",
                hint: "Name a model that gives one vector for each text: memory.embedder.")
        }
        return vectors
    }
}
