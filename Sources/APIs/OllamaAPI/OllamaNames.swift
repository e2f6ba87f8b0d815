import JSONText
import RequestScope
import Vocabulary

/// Names as Ollama's clients write them: a model without a tag has the tag `latest`.
struct OllamaNames: Sendable {
    private static let latest = ":latest"
    private let source: any Generating

    init(_ source: any Generating) { self.source = source }

    /// The model that is meant.
    func resolved(_ asked: ModelID) async -> ModelID {
        guard asked.name.hasSuffix(Self.latest) else { return asked }
        let models = await source.models()
        guard !models.contains(where: { $0.id == asked || $0.aliases.contains(asked.name) }) else { return asked }
        return ModelID(String(asked.name.dropLast(Self.latest.count)))
    }

    /// The model of a body, by either name of the member.
    func read(_ root: JSONField, _ members: [String] = ["model", "name"]) async throws(ServiceError) -> String {
        let name: String
        do {
            let field = try root.optional(firstOf: members) ?? root.required(members[0])
            name = try field.keptText(bytesIn: 1...1_024)
        } catch {
            throw ServiceError(reading: error)
        }
        return await resolved(ModelID(name)).name
    }
}
