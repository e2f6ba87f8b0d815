import AdminAPI
import Gateway
import Records
import Vectors
import Vocabulary

/// Answers what the routes of the cache ask.
struct AnswerCacheDesk: AnswerCacheControlling {
    /// Inputs of one request for vectors.
    private static let inputsMax = 64

    let service: CachedService
    let questions: QuestionRecords

    func status() async -> AnswerCacheStatus {
        let (contents, measures, similar) = (service.cache.contents, service.cache.measures, service.similar)
        let encoder = await service.sources.source(similar.policy.model, RoutingWish())
        let calibrated = encoder.flatMap { similar.calibrated[$0.model] }
        return AnswerCacheStatus(
            isOn: service.policy.isOn, requests: measures.counts, savedPromptTokens: measures.savedPromptTokens,
            savedCompletionTokens: measures.savedCompletionTokens, savedSeconds: measures.savedSeconds,
            memoryCount: contents.memoryCount, memoryBytes: contents.memoryBytes, storedCount: contents.storedCount,
            findsSimilar: similar.policy.isOn, questionCount: contents.questionCount,
            encoder: similar.policy.model.name,
            threshold: encoder.map { similar.threshold(for: $0) },
            calibrated: calibrated.flatMap { $0.identity == encoder?.identity ? $0 : nil })
    }

    func list(_ selection: AnswerSelection, limit: Int) async throws -> [AnswerLine] {
        try await service.cache.list(selection, limit: limit)
    }

    func forget(_ selection: AnswerSelection) async throws -> Int { try await service.cache.forget(selection) }

    func calibrate(_ order: CalibrationOrder) async throws -> CalibrationReport {
        guard let encoder = await service.sources.source(ModelID(order.model), RoutingWish()) else {
            throw ServiceError(
                .modelNotFound, "The model '\(order.model)' is not served here.",
                hint: "Name one that gives vectors, such as 'embed'.", parameter: "model")
        }
        let pairs = order.pairs ?? QuestionPair.standard
        let vectors = try await vectors(of: pairs.flatMap { [$0.first, $0.second] }, by: order.model)
        let samples = pairs.enumerated().map { place, pair in
            SimilarityCalibration.Sample(
                similarity: Double(vectors[2 * place].cosine(vectors[2 * place + 1])), isSame: pair.isSame,
                kind: pair.kind, conflict: QuestionMarks(pair.first).conflict(with: QuestionMarks(pair.second)))
        }
        let calibration = SimilarityCalibration(samples)
        let before = service.similar.threshold(for: encoder)
        let found = calibration.recommendation(precision: order.precision)
        if let found, order.isKept {
            let kept = CalibratedThreshold(
                threshold: found.threshold, precision: found.precision, recall: found.recall, pairs: pairs.count,
                identity: encoder.identity, at: service.cache.now())
            try await questions.keep(kept, of: encoder.model)
            service.similar.take([encoder.model: kept])
        }
        return CalibrationReport(
            model: encoder.model, calibration: calibration, recommended: found, isKept: found != nil && order.isKept,
            threshold: before)
    }

    private func vectors(of texts: [String], by model: String) async throws -> [UnitVector] {
        guard let id = RequestID("calibration") else { preconditionFailure("letters make an id") }
        var vectors: [UnitVector] = []
        for start in stride(from: 0, to: texts.count, by: Self.inputsMax) {
            let part = texts[start..<min(start + Self.inputsMax, texts.count)]
            let result = try await service.next.embed(
                EmbeddingRequest(id: id, model: ModelID(model), inputs: part.map { .text($0) }))
            for entry in result.entries {
                guard let vector = entry.vectors.first.flatMap({ UnitVector($0) }) else {
                    throw ServiceError(
                        .engineFailed, "'\(model)' gave a vector without a direction.",
                        hint: "Name a model that gives one vector for each text.", parameter: "model")
                }
                vectors.append(vector)
            }
        }
        guard vectors.count == texts.count else {
            throw ServiceError(.engineFailed, "'\(model)' gave \(vectors.count) vectors for \(texts.count) texts.")
        }
        return vectors
    }
}
