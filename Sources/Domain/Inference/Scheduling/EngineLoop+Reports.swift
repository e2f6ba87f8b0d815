import Vocabulary

/// What the engine tells while it works.
extension EngineLoop {
    /// Tells those who asked for it how much of their prompt is in place.
    func tellProgress(_ index: Int) {
        let sequence = running[index]
        let generation = sequence.generation
        guard generation.request.scheduling.reportsProgress, let started = generation.started else { return }
        generation.mention(
            .promptProgress(
                PromptProgress(
                    total: generation.promptCount, cached: generation.cacheReport.cachedTokens,
                    processed: min(sequence.computed, generation.promptCount), elapsed: .now - started)))
    }

    func inspection() -> EngineInspectionResult {
        EngineInspectionResult(slots: slots, cache: cache.listing(text: text, now: .now))
    }

    func text(_ tokens: [Int32]) -> String {
        let bytes = tokens.flatMap { token in
            guard StandIn.isStandIn(token) else { return tokenizer.specialBytes(of: token) }
            return StandIn.isContinuation(token) ? [] : Array("<media>".utf8)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private var slots: [SlotReport] {
        (0..<options.sequencesMax).map { slot in
            guard let sequence = running.first(where: { $0.slot == slot }) else {
                var idle = SlotReport(index: slot, state: .idle)
                idle.speculates = speculator != nil
                return idle
            }
            let generation = sequence.generation
            var report = SlotReport(
                index: slot, state: sequence.isBlocked ? .waiting : sequence.isWriting ? .writing : .prefilling,
                request: generation.request.id, tenant: generation.request.scheduling.tenant,
                priority: generation.request.scheduling.priority, promptTokens: generation.promptCount,
                cachedTokens: generation.cacheReport.cachedTokens, computedTokens: sequence.computed,
                writtenTokens: generation.written)
            report.speculates = speculator != nil && !sequence.isIsolated
            report.draftTokens = generation.drafts?.drafted ?? 0
            report.acceptedDraftTokens = generation.drafts?.accepted ?? 0
            report.droppedTokens = sequence.dropped
            let most = generation.request.newTokensMax
            report.adapters = sequence.adapters.scales
            report.remainingTokens = most == .max ? nil : most - generation.written
            return report
        }
    }
}

/// What a look at the engine's thread sees.
struct EngineInspectionResult: Sendable {
    var slots: [SlotReport]
    var cache: CacheListing
}
