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

    var embeddings: [EmbeddingRequest] { embedded.withLock(\.self) }
    var rankings: [RerankRequest] { ranked.withLock(\.self) }

    func embed(_ request: EmbeddingRequest) async throws -> EmbeddingResult {
        embedded.withLock { $0.append(request) }
        return EmbeddingResult(
            model: ModelID("m"),
            entries: request.inputs.indices.map { .init(vectors: [[Float($0), -0.1, 1e-30]], tokenCount: 3) })
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
        let routes = EmbeddingRoutes(source)
        let route = try #require((routes.routes + routes.aliases).first { $0.pattern == path })
        let request = HTTPRequest(.post, path, body: Array(body.utf8))
        request.context[RequestIDKey.self] = RequestID("req_1")
        return try JSONValue.parse(try await route.handler(request).collectBody())
    }

    @Test(arguments: [
        (#""a""#, [EmbeddingInput.text("a")]), (#"["a","b"]"#, [.text("a"), .text("b")]),
        ("[1,2]", [.tokens([1, 2])]), ("[[1],[2,3]]", [.tokens([1]), .tokens([2, 3])]),
        (#"["a",[7]]"#, [.text("a"), .tokens([7])]),
    ])
    func `inputs are read in all of OpenAI's shapes`(json: String, inputs: [EmbeddingInput]) async throws {
        let answer = try await respond("/v1/embeddings", #"{"input":\#(json),"model":"x","user":"someone"}"#)
        let request = try #require(source.embeddings.first)
        #expect(request.inputs == inputs && request.model == ModelID("x") && request.needsPooling)
        #expect(request.dimensions == nil && request.norm == nil && request.deadline == nil)
        #expect(answer["object"] == "list" && answer["model"] == "m")
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
        #expect(request.deadline == .milliseconds(1_500))
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
        (#"{"input":[[]]}"#, "input[0]"), (#"{"input":["a",true]}"#, "input[1]"), (#"{"input":[1,"a"]}"#, "input[1]"),
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
