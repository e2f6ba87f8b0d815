import Inference
import Telemetry
import Vocabulary

/// Writes the same answers without guesses, with look-ups and with a draft model, and tells what guesses gain.
///
/// Temperature is 0, so the answers must be the same; where they are not, kernels rounded otherwise for several rows than for
/// one, and the table says so.
struct SpeculationComparison {
    /// One way to write.
    struct Way: Sendable, Equatable {
        let name: String
        let arguments: EngineArguments
    }

    /// What one way did.
    struct Figures: Sendable, Equatable {
        var name: String
        /// Answers that were written, in the order of the prompts.
        var texts: [String] = []
        var tokens = 0
        var seconds = 0.0
        var totals = SpeculationLedger.Totals()

        var tokensPerSecond: Double { seconds > 0 ? Double(tokens) / seconds : 0 }
    }

    let loaded: LoadedModel
    let logger: Logger

    /// The ways that a command line has: always plain and look-ups, and the draft model if there is one.
    static func ways(_ arguments: EngineArguments) -> [Way] {
        func way(_ name: String, _ change: (inout SpeculationArguments) -> Void) -> Way {
            var changed = arguments
            change(&changed.speculation)
            // Each way starts with an empty cache and writes by itself.
            changed.cache.directory = nil
            return Way(name: name, arguments: changed)
        }
        let plain = way("plain") {
            $0.options.looksUp = false
            $0.draft = nil
        }
        let lookUp = way("look-up") {
            $0.options.looksUp = true
            $0.draft = nil
        }
        guard arguments.speculation.draft != nil else { return [plain, lookUp] }
        return [
            plain, lookUp, way("draft") { $0.options.looksUp = false },
            way("look-up and draft") { $0.options.looksUp = true },
        ]
    }

    /// A text to copy, and a question without one.
    static let prompts = [
        """
        Repeat this text word for word, three times: The river rises in the mountains, where snow lies until June. It runs \
        through three lakes and past the old mill, and in the plain it is so slow that boats need a pole. Below the town \
        it meets the sea.
        """,
        "Tell me a story about a lighthouse.",
    ]

    /// - Parameters:
    ///   - ways: what to compare; the first is what the others are compared with.
    ///   - prompts: at least one.
    /// - Returns: the figures of each way.
    /// - Throws: `ServiceError` for a draft model that does not fit, and what an answer fails with.
    func figures(_ ways: [Way], prompts: [String]) async throws -> [Figures] {
        var all: [Figures] = []
        for way in ways {
            let engine = try await WorkerEngine(arguments: way.arguments, loaded: loaded, logger: logger).start()
            do {
                // The first answer warms up: the weights are read, and costs are learned.
                var warm = Figures(name: way.name)
                try await write(prompts[0], way.arguments, engine, &warm)
                let before = engine.heartbeat.speculation.totals
                var figures = Figures(name: way.name)
                for prompt in prompts { try await write(prompt, way.arguments, engine, &figures) }
                figures.totals = engine.heartbeat.speculation.totals - before
                all.append(figures)
            } catch {
                await engine.stop()
                throw error
            }
            await engine.stop()
        }
        return all
    }

    private static let tokensDefault = 256

    private func write(
        _ prompt: String, _ arguments: EngineArguments, _ engine: Engine<LlamaTokenizer>, _ figures: inout Figures
    ) async throws {
        guard let id = RequestID("compare") else { preconditionFailure("the id is well-formed") }
        var request = GenerationRequest(
            id: id, model: ModelID(arguments.alias),
            prompt: loaded.chat == nil ? .text(prompt) : .chat([ChatMessage(.user, prompt)], tools: []),
            newTokensMax: arguments.defaults.newTokensMax ?? Self.tokensDefault,
            sampling: SamplingParameters(temperature: 0))
        request.ignoresEnd = arguments.defaults.ignoresEnd
        request.cache.isUsed = false
        var text = ""
        for try await event in try await engine.generate(request) {
            switch event {
            case .text(let more), .reasoning(let more): text += more
            case .finished(let end):
                figures.tokens += end.usage.completionTokens
                figures.seconds += (end.timings?.decode ?? .zero) / .seconds(1)
            default: break
            }
        }
        figures.texts.append(text)
    }
}

extension SpeculationLedger.Totals {
    fileprivate static func - (now: Self, before: Self) -> Self {
        var difference = now
        difference.drafts -= before.drafts
        for position in before.drafted.indices {
            difference.drafted[position] -= before.drafted[position]
            difference.accepted[position] -= before.accepted[position]
        }
        return difference
    }
}
