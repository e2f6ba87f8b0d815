import Foundation
import Inference
import LlamaRuntime
import Telemetry
import TestModels
import Testing
import Vocabulary

@testable import EngineWorker

/// The committed starter model.
private let tinyChat = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Models/tiny-chat.gguf").path

private let silent = Logger(label: "test", sink: .none)

/// The embedding engine with real models, from the command line on. The encoders' weights are random: what they compute
/// means nothing, but it must be the same for the same text.
@Suite(.serialized, .timeLimit(.minutes(2))) struct EmbeddingWorkerTests {
    private func withService<Result>(
        _ path: String, _ options: String, _ body: (any WorkerService) async throws -> Result
    ) async throws -> Result {
        let arguments = try commandLine("-m \(path) -a toy -t 1 \(options)")
        let loaded = try LoadedModel(arguments, logger: silent)
        let service = try await WorkerEngine(arguments: arguments, loaded: loaded, logger: silent).startService(
            shelf: nil)
        do {
            let result = try await body(service)
            await service.stop()
            return result
        } catch {
            await service.stop()
            throw error
        }
    }

    private func embedding(_ inputs: [String]) throws -> EmbeddingRequest {
        EmbeddingRequest(
            id: try #require(RequestID("req_1")), model: ModelID("toy"), inputs: inputs.map { .text($0) })
    }

    private func ranking(_ query: String, _ documents: [String]) throws -> RerankRequest {
        RerankRequest(id: try #require(RequestID("req_1")), model: ModelID("toy"), query: query, documents: documents)
    }

    private let texts = ["the cat is red", "a", "what is rain", "who is the blue dog in the sun " + "a b c d e f g h"]

    @Test(arguments: ["mean", "cls", "last"]) func `an encoder embeds texts, together as alone`(
        pooling: String
    ) async throws {
        try await RandomEncoder.withFile(ranks: false) { path in
            try await withService(path, "--embeddings --pooling \(pooling)") { service in
                let together = try await service.embed(embedding(texts))
                for (text, entry) in zip(texts, together.entries) {
                    let alone = try await service.embed(embedding([text])).entries[0]
                    #expect(alone.vectors[0].count == RandomEncoder.vectorLength)
                    for (left, right) in zip(alone.vectors[0], entry.vectors[0]) { #expect(abs(left - right) <= 1e-4) }
                    #expect(abs(alone.vectors[0].reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
                }
                // [CLS] the cat is red [SEP], where "cat" and "red" are words of the vocabulary.
                #expect(try await service.embed(embedding([texts[0]])).promptTokens == 6)
                #expect(Set(together.entries.map { $0.vectors[0][0] }).count == texts.count)
            }
        }
    }

    @Test func `a cross-encoder scores each document as it does alone`() async throws {
        try await RandomEncoder.withFile(ranks: true) { path in
            try await withService(path, "--reranking") { service in
                let result = try await service.rerank(ranking("who is red", texts))
                #expect(result.scores.count == texts.count && Set(result.scores).count == texts.count)
                for (text, score) in zip(texts, result.scores) {
                    let alone = try await service.rerank(ranking("who is red", [text]))
                    #expect(abs(alone.scores[0] - score) <= 1e-4)
                }
                // [CLS] who is red [SEP] a [SEP]
                let short = try await service.rerank(ranking("who is red", ["a"]))
                #expect(short.promptTokens == 7)
                let other = try await service.rerank(ranking("what is blue", texts))
                #expect(other.scores != result.scores)
            }
            // The file itself asks for ranking; a pooling on the command line wins.
            try await withService(path, "--embeddings --pooling mean") { service in
                let embedded = try await service.embed(embedding(texts))
                #expect(embedded.entries.count == texts.count)
            }
        }
    }

    @Test func `a head with labels tells how likely each is`() async throws {
        let labels = ["weather", "animal", "question"]
        try await RandomEncoder.withFile(ranks: true, labels: labels) { path in
            try await withService(path, "--pooling rank") { service in
                var request = ClassificationRequest(
                    id: try #require(RequestID("req_1")), model: ModelID(""), inputs: texts.map { .text($0) })
                let likely = try await service.classify(request)
                #expect(likely.labels == labels && likely.entries.count == texts.count)
                request.wantsProbabilities = false
                let raw = try await service.classify(request)
                for (entry, scores) in zip(likely.entries, raw.entries.map(\.scores)) {
                    #expect(entry.scores.count == 3 && abs(entry.scores.reduce(0, +) - 1) < 1e-5)
                    let powers = scores.map { exp($0) }
                    for (probability, power) in zip(entry.scores, powers) {
                        #expect(abs(probability - power / powers.reduce(0, +)) < 1e-5)
                    }
                    #expect(entry.best == scores.indices.max { scores[$0] < scores[$1] })
                }
                let ranked = try await service.rerank(ranking("who is red", ["a"]))
                #expect(ranked.scores.count == 1)
            }
        }
        try await RandomEncoder.withFile(ranks: true) { path in
            try await withService(path, "--reranking") { service in
                let request = ClassificationRequest(
                    id: try #require(RequestID("req_1")), model: ModelID(""), inputs: [.text("a")])
                let single = try await service.classify(request)
                #expect(single.labels == ["LABEL_0"] && (0...1).contains(single.entries[0].scores[0]))
            }
        }
    }

    @Test func `a text that may be cut is read as far as the model reads`() async throws {
        try await RandomEncoder.withFile(ranks: false) { path in
            try await withService(path, "--embeddings") { service in
                let whole = String(repeating: "cat ", count: RandomEncoder.contextTokens - 2)
                var request = try embedding([whole + "dog dog", "dog dog " + whole, "a"])
                request.truncation = Truncation()
                let cut = try await service.embed(request)
                let kept = try await service.embed(embedding([whole]))
                for (left, right) in zip(cut.entries[0].vectors[0], kept.entries[0].vectors[0]) {
                    #expect(abs(left - right) <= 1e-4)
                }
                #expect(cut.promptTokens == 2 * RandomEncoder.contextTokens + 3)
                request.truncation = Truncation(side: .start)
                let tail = try await service.embed(request)
                for (left, right) in zip(tail.entries[1].vectors[0], kept.entries[0].vectors[0]) {
                    #expect(abs(left - right) <= 1e-4)
                }
            }
        }
    }

    @Test func `a text longer than an encoder reads is refused with both numbers`() async throws {
        try await RandomEncoder.withFile(ranks: false) { path in
            try await withService(path, "--embeddings") { service in
                let fits = String(repeating: "cat ", count: RandomEncoder.contextTokens - 2)
                let both = try await service.embed(embedding([fits, "a"]))
                #expect(both.promptTokens == RandomEncoder.contextTokens + 3)
                let error = await #expect(throws: ServiceError.self) {
                    _ = try await service.embed(embedding(["a", fits + "cat"]))
                }
                #expect(error?.code == .contextLengthExceeded && error?.parameter == "input[1]")
                #expect(error?.message.contains("129") == true && error?.message.contains("128") == true)
            }
        }
    }

    @Test func `a model is not started for what it cannot do`() async throws {
        let headless = await #expect(throws: ServiceError.self) {
            try await withService(tinyChat, "--reranking") { _ in }
        }
        #expect(headless?.code == .unsupported && headless?.message.contains("head") == true)
        try await RandomEncoder.withFile(ranks: false) { path in
            let writing = await #expect(throws: ServiceError.self) { try await withService(path, "") { _ in } }
            #expect(writing?.code == .unsupported && writing?.hint?.contains("--embeddings") == true)
        }
    }

    @Test func `a norm on the command line holds where a request names none`() async throws {
        try await withService(tinyChat, "--embeddings --pooling last --embd-normalize 1") { service in
            var request = try embedding(["Hello!"])
            let taxicab = try await service.embed(request).entries[0].vectors[0]
            #expect(abs(taxicab.reduce(0) { $0 + abs($1) } - 1) < 1e-5)
            request.norm = .asGiven
            let raw = try await service.embed(request).entries[0].vectors[0]
            #expect(raw.reduce(0) { $0 + abs($1) } > 2)
        }
    }
}
