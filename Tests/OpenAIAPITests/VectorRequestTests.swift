import Foundation
import HTTPServing
import JSONText
import RequestScope
import Testing
import Vocabulary

@testable import OpenAIAPI

/// What the client writes, the server reads; what the server answers, the client reads.
@Suite struct VectorRequestTests {
    private let id: RequestID

    init() throws { id = try #require(RequestID("req_1")) }

    @Test func `a request for vectors comes through as it is`() throws {
        var request = EmbeddingRequest(
            id: id, model: ModelID("m"),
            inputs: [.text("a"), .tokens([1, 2]), .mixed([.text("b"), .token(3)])], dimensions: 5, norm: .power(1))
        request.truncation = Truncation(side: .start, tokensMax: 9)
        request.scheduling = SchedulingOptions(
            tenant: TenantID("t"), priority: .high, weight: 2, deadline: .milliseconds(1_500))
        let wire = VectorRequest(request, model: "m")
        #expect(wire.path == "/v1/embeddings")
        let fields = try EmbeddingFields(wire.body.bytes, id: id, scheduling: SchedulingOptions(), isNative: false)
        #expect(fields.request == request && fields.encoding == .base64)
    }

    @Test func `a plain request has nothing that only our workers know`() {
        let request = EmbeddingRequest(id: id, model: ModelID("m"), inputs: [.text("a")])
        #expect(
            VectorRequest(request, model: "n").body == ["model": "n", "input": ["a"], "encoding_format": "base64"])
    }

    @Test func `requests for ranks and classes come through as they are`() throws {
        var ranking = RerankRequest(id: id, model: ModelID("m"), query: "q", documents: ["a", "b"])
        ranking.documentTokensMax = 4
        ranking.truncatesDocuments = true
        ranking.scheduling.priority = .low
        let rankBody = VectorRequest(ranking, model: "m").body.bytes
        #expect(try RerankFields(rankBody, id: id, scheduling: SchedulingOptions()).request == ranking)
        var classes = ClassificationRequest(
            id: id, model: ModelID("m"), inputs: [.text("a")], wantsProbabilities: false)
        classes.truncation = Truncation()
        let classBody = VectorRequest(classes, model: "m").body.bytes
        #expect(try ClassificationFields(classBody, id: id, scheduling: SchedulingOptions()).request == classes)
    }

    @Test(arguments: EmbeddingFields.Encoding.allCases)
    func `vectors are read to the last bit`(encoding: EmbeddingFields.Encoding) throws {
        let result = EmbeddingResult(
            model: ModelID("m"), entries: [[0.1, -3e-30, 7], [1, 2, 3.0000002]].map { .init(vectors: [$0]) },
            promptTokens: 12)
        let answer = try JSONValue.parse(result.list(model: ModelID("x"), encoding: encoding).bytes)
        #expect(try VectorRequest.embeddings(answer, count: 2, model: ModelID("m")) == result)
    }

    @Test func `ranks come back in the documents' order, and classes with their labels`() throws {
        let ranks = RerankResult(model: ModelID("m"), scores: [0.5, -2, 7], promptTokens: 3)
        let asked = RerankRequest(id: id, model: ModelID("m"), query: "q", documents: ["a", "b", "c"])
        let fields = try RerankFields(
            VectorRequest(asked, model: "m").body.bytes, id: id, scheduling: SchedulingOptions())
        #expect(
            try VectorRequest.ranks(ranks.list(model: ModelID("x"), fields), count: 3, model: ModelID("m")) == ranks)
        let classes = ClassificationResult(
            model: ModelID("m"), labels: ["x", "y"], entries: [.init(scores: [0.25, 0.75])], promptTokens: 2)
        let answer = classes.list(id: id, model: ModelID("m"), created: 1)
        #expect(try VectorRequest.classes(answer, count: 1, model: ModelID("m")) == classes)
    }

    @Test(arguments: [
        "{}", "[]", #"{"data":[]}"#, #"{"data":[{"index":0,"embedding":"!"}]}"#,
        #"{"data":[{"index":0,"embedding":[1,"a"]}]}"#, #"{"data":[{"index":1,"embedding":[1]}]}"#,
        #"{"data":[{"index":0,"embedding":"AAAA"}]}"#, #"{"data":[{"index":0,"embedding":"AADAfw=="}]}"#,
        #"{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]}"#,
    ])
    func `an answer that is none is the server's failure`(text: String) throws {
        let answer = try JSONValue.parse(Array(text.utf8))
        let error = #expect(throws: ServiceError.self) {
            _ = try VectorRequest.embeddings(answer, count: 1, model: ModelID("m"))
        }
        #expect(error?.code == .engineFailed && error?.detail != nil)
    }
}
