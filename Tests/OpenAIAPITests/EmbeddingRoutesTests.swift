import Foundation
import HTTPServing
import JSONText
import RequestScope
import Synchronization
import Testing
import Vocabulary

@testable import OpenAIAPI

/// Answers with vectors that say which input they are of.
private final class ScriptedEmbedding: Embedding {
    private let embedded = Mutex<[EmbeddingRequest]>([])
    private let ranked = Mutex<[RerankRequest]>([])
    private let classified = Mutex<[ClassificationRequest]>([])

    var embeddings: [EmbeddingRequest] { embedded.withLock(\.self) }
    var classifications: [ClassificationRequest] { classified.withLock(\.self) }
    var rankings: [RerankRequest] { ranked.withLock(\.self) }

    func embed(_ request: EmbeddingRequest) async throws -> EmbeddingResult {
        embedded.withLock { $0.append(request) }
        return EmbeddingResult(
            model: ModelID("m"),
            entries: request.inputs.indices.map { .init(vectors: [[Float($0), -0.1, 1e-30]]) },
            promptTokens: 3 * request.inputs.count)
    }

    func classify(_ request: ClassificationRequest) async throws -> ClassificationResult {
        classified.withLock { $0.append(request) }
        let scores: [Float] = [0.25, 0.5, 0.25]
        return ClassificationResult(
            model: ModelID("m"), labels: ["x", "y", "z"], entries: request.inputs.map { _ in .init(scores: scores) },
            promptTokens: 4)
    }

    func rerank(_ request: RerankRequest) async throws -> RerankResult {
        ranked.withLock { $0.append(request) }
        let scores: [Float] = [0.5, -2, 7, 0.5]
        return RerankResult(model: ModelID("m"), scores: Array(scores.prefix(request.documents.count)), promptTokens: 9)
    }
}

@Suite struct EmbeddingRoutesTests {
    private let source = ScriptedEmbedding()

    private func respond(_ path: String, _ body: String) async throws -> JSONValue {
        let routes = EmbeddingRoutes(source, now: { 7 })
        let route = try #require((routes.routes + routes.aliases).first { $0.pattern == path })
        let request = HTTPRequest(.post, path, body: Array(body.utf8))
        request.context[RequestIDKey.self] = RequestID("req_1")
        return try JSONValue.parse(try await route.handler(request).collectBody())
    }

    @Test(arguments: [
        (#""a""#, [EmbeddingInput.text("a")]), (#"["a","b"]"#, [.text("a"), .text("b")]),
        ("[1,2]", [.tokens([1, 2])]), ("[[1],[2,3]]", [.tokens([1]), .tokens([2, 3])]),
        (#"["a",[7]]"#, [.text("a"), .tokens([7])]), (#" "" "#, [.text("")]),
        (#"[1,"a",2]"#, [.mixed([.token(1), .text("a"), .token(2)])]),
        (#"[[1],["a",2]]"#, [.tokens([1]), .mixed([.text("a"), .token(2)])]),
        (#"{"prompt_string":"a"}"#, [.text("a")]),
        (#"["a",{"content":[{"type":"text","text":"b "},{"type":"text","text":"c"}]}]"#, [.text("a"), .text("b c")]),
    ])
    func `inputs are read in all of OpenAI's shapes`(json: String, inputs: [EmbeddingInput]) async throws {
        let answer = try await respond("/v1/embeddings", #"{"input":\#(json),"model":"x","user":"someone"}"#)
        let request = try #require(source.embeddings.first)
        #expect(request.inputs == inputs && request.model == ModelID("x") && request.needsPooling)
        #expect(request.dimensions == nil && request.norm == nil && request.scheduling.deadline == nil)
        #expect(answer["object"] == "list" && answer["model"] == "x")
        #expect(answer["data"]?.array?.map { $0["index"] } == inputs.indices.map { .whole($0) })
        #expect(answer["data"]?[0]?["object"] == "embedding")
        #expect(
            answer["usage"] == ["prompt_tokens": .whole(3 * inputs.count), "total_tokens": .whole(3 * inputs.count)])
    }

    @Test func `numbers in base 64 are the same numbers`() async throws {
        let plain = try await respond("/v1/embeddings", #"{"input":["a","b"],"encoding_format":"float"}"#)
        let packed = try await respond("/v1/embeddings", #"{"input":["a","b"],"encoding_format":"base64"}"#)
        for index in 0..<2 {
            let numbers = try #require(plain["data"]?[index]?["embedding"]?.array).map { Float($0.double ?? .nan) }
            #expect(numbers == [Float(index), -0.1, 1e-30])
            let text = try #require(packed["data"]?[index]?["embedding"]?.string)
            let bytes = [UInt8](try #require(Data(base64Encoded: text)))
            let unpacked = stride(from: 0, to: bytes.count, by: 4).map { start in
                Float(bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[start + $1]) << UInt32(8 * $1) })
            }
            #expect(unpacked == numbers)
        }
    }

    @Test func `options reach the engine`() async throws {
        _ = try await respond(
            "/v1/embeddings", #"{"input":"a","dimensions":2,"embd_normalize":-1,"nexus":{"deadline_ms":1500}}"#)
        let request = try #require(source.embeddings.first)
        #expect(request.dimensions == 2 && request.norm == .asGiven)
        #expect(request.scheduling.deadline == .milliseconds(1_500))
    }

    @Test(
        arguments: [
            (#""truncate":true"#, Truncation()), (#""truncate":false"#, nil), (#""truncate":"NONE""#, nil),
            (#""truncate":"START""#, Truncation(side: .start)), (#""truncate":"END""#, Truncation()),
            (#""truncate":true,"truncation_direction":"Left""#, Truncation(side: .start)),
            (#""truncate_prompt_tokens":-1"#, Truncation()), (#""truncate_prompt_tokens":5"#, Truncation(tokensMax: 5)),
            (#""dimensions":null"#, nil),
        ] as [(String, Truncation?)])
    func `each client's way to have long texts cut is understood`(member: String, truncation: Truncation?) async throws
    {
        _ = try await respond("/v1/embeddings", #"{"input":"a",\#(member)}"#)
        #expect(source.embeddings.first?.truncation == truncation)
        _ = try await respond("/v1/rerank", #"{"query":"a","documents":["b"],\#(member)}"#)
        #expect(source.rankings.first?.truncatesDocuments == (truncation != nil))
    }

    @Test func `classes have vLLM's form, and their names`() async throws {
        let answer = try await respond("/classify", #"{"input":["a","b"],"model":"n"}"#)
        #expect(answer["id"] == "classify-req_1" && answer["object"] == "list" && answer["created"] == 7)
        #expect(answer["model"] == "n" && answer["labels"] == ["x", "y", "z"] && answer["usage"]?["total_tokens"] == 4)
        #expect(
            answer["data"]?[1] == ["index": 1, "label": "y", "probs": [0.25, 0.5, 0.25], "num_classes": 3])
        _ = try await respond("/v1/classify", #"{"input":"a","use_activation":false}"#)
        #expect(source.classifications.map(\.wantsProbabilities) == [true, false])
    }

    @Test func `the form of text-embeddings-inference is a bare list`() async throws {
        let all = try await respond("/rerank", #"{"query":"q","texts":["a","b","c"],"return_text":true}"#)
        #expect(all.array?.map { $0["index"] } == [2, 0, 1])
        #expect(all[0] == ["index": 2, "score": 7.0, "text": "c"])
        let best = try await respond("/rerank", #"{"query":"q","texts":["a","b","c"],"top_n":2}"#)
        #expect(best.array?.count == 2 && best[0]?["text"] == nil)
    }

    @Test func `who says content gets llama-server's own form`() async throws {
        let answer = try await respond("/v1/embeddings", #"{"content":"a"}"#)
        #expect(answer[0]?["embedding"]?[0]?.array?.count == 3)
    }

    @Test(arguments: ["/embedding", "/embeddings"])
    func `llama-server's own form has lists of vectors`(path: String) async throws {
        let answer = try await respond(path, #"{"content":["a","b"]}"#)
        #expect(answer.array?.count == 2 && answer[1]?["index"] == 1)
        #expect(answer[1]?["embedding"]?.array?.count == 1 && answer[1]?["embedding"]?[0]?[0]?.double == 1)
        #expect(source.embeddings.first?.needsPooling == false)
    }

    @Test(arguments: [
        ("{}", "input"), (#"{"input":null}"#, "input"), (#"{"input":[]}"#, "input"), (#"{"input":5}"#, "input"),
        (#"{"input":[[]]}"#, "input[0]"), (#"{"input":["a",true]}"#, "input[1]"), (#"{"input":[1,true]}"#, "input[1]"),
        (#"{"input":{"content":"a"}}"#, "input.content"), (#"{"input":{}}"#, "input"),
        (#"{"input":{"content":[{"type":"image_url","image_url":{"url":"data:,"}}]}}"#, "input.content[0].type"),
        (#"{"input":"a","truncate":"MIDDLE"}"#, "truncate"), (#"{"input":"a","truncate":1}"#, "truncate"),
        (#"{"input":"a","truncate_prompt_tokens":0}"#, "truncate_prompt_tokens"),
        (#"{"input":"a","truncate":true,"truncation_direction":"up"}"#, "truncation_direction"),
        (#"{"input":[1.5]}"#, "input[0]"), (#"{"input":[-1]}"#, "input[0]"), (#"{"input":[4294967296]}"#, "input[0]"),
        (#"{"input":"a","encoding_format":"int8"}"#, "encoding_format"),
        (#"{"input":"a","dimensions":0}"#, "dimensions"), (#"{"input":"a","embd_normalize":101}"#, "embd_normalize"),
        (#"{"input":"a","model":5}"#, "model"), (#"{"input":"a","nexus":{"deadline_ms":0}}"#, "nexus.deadline_ms"),
    ])
    func `what is wrong is named`(body: String, path: String) async throws {
        let error = await #expect(throws: ServiceError.self) { _ = try await respond("/v1/embeddings", body) }
        #expect(error?.code == .invalidValue && error?.parameter == path, "\(error.debugDescription)")
        #expect(source.embeddings.isEmpty)
    }

    @Test func `a request has a bound of inputs and of documents`() async throws {
        let many = "[" + [String](repeating: #""a""#, count: 2_049).joined(separator: ",") + "]"
        let input = await #expect(throws: ServiceError.self) {
            _ = try await respond("/v1/embeddings", #"{"input":\#(many)}"#)
        }
        #expect(input?.parameter == "input")
        let documents = await #expect(throws: ServiceError.self) {
            _ = try await respond("/v1/rerank", #"{"query":"q","documents":\#(many)}"#)
        }
        #expect(documents?.parameter == "documents")
    }

    @Test(arguments: ["/v1/rerank", "/rerank", "/reranking", "/v1/reranking"])
    func `the best documents come first`(path: String) async throws {
        let all = try await respond(path, #"{"query":"q","documents":["a","b",{"text":"c"},"d"]}"#)
        #expect(all["results"]?.array?.map { $0["index"] } == [2, 0, 3, 1])
        #expect(all["results"]?[0] == ["index": 2, "relevance_score": 7.0])
        #expect(all["model"] == "m" && all["usage"]?["total_tokens"] == 9)
        #expect(source.rankings.first?.documents == ["a", "b", "c", "d"])
        let best = try await respond(
            path, #"{"query":"q","documents":["a","b","c"],"top_n":1,"return_documents":true}"#)
        #expect(
            best["results"] == [["index": 2, "relevance_score": 7.0, "document": ["text": "c"]]])
    }

    @Test(arguments: [
        (#"{"documents":["a"]}"#, "query"), (#"{"query":"q"}"#, "documents"),
        (#"{"query":"q","documents":"a"}"#, "documents"), (#"{"query":"q","documents":[5]}"#, "documents[0]"),
        (#"{"query":"q","documents":[{}]}"#, "documents[0].text"),
        (#"{"query":"q","documents":["a"],"top_n":0}"#, "top_n"),
    ])
    func `what is wrong with a ranking is named`(body: String, path: String) async throws {
        let error = await #expect(throws: ServiceError.self) { _ = try await respond("/v1/rerank", body) }
        #expect(error?.code == .invalidValue && error?.parameter == path, "\(error.debugDescription)")
    }
}
