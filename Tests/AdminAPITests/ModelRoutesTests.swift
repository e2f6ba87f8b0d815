import HTTPServing
import JSONText
import ModelCatalog
import Testing
import Vocabulary

@testable import AdminAPI

@Suite struct ModelRoutesTests {
    private struct NoOperations: ModelOperations {
        func importModels(_ order: ImportOrder) async throws -> ImportReport { ImportReport() }
        func check(_ record: ModelRecord, digests: Bool) async throws -> [CheckedFile] { [] }
        func removeFiles(of record: ModelRecord, evenForeign: Bool) async throws -> [String] { [] }
    }

    private struct NoRecords: CatalogStoring, ModelStatistics {
        func page(_ query: CatalogQuery) async throws -> CatalogPage { CatalogPage(records: [], usage: [:], total: 0) }
        func model(_ name: ModelName) async throws -> (record: ModelRecord, texts: ModelTexts)? { nil }
        func change(
            _ name: ModelName, _ edit: @Sendable (ModelRecord?) throws -> CatalogEdit
        ) async throws -> ModelRecord? {
            _ = try edit(nil)
            return nil
        }
        func events(_ query: CatalogEventQuery) async throws -> [CatalogEvent] { [] }
        func trimEvents(keeping countMax: Int) async throws {}
        func usage(of model: String) async throws -> ModelUsage? { nil }
        func usage(countMax: Int) async throws -> [(model: String, usage: ModelUsage)] { [] }
        func add(_ usage: [String: ModelUsage]) async throws {}
        func benchmarks(of name: ModelName) async throws -> [ModelBenchmark] { [] }
        func add(_ benchmark: ModelBenchmark, to name: ModelName) async throws {}
    }

    private var routes: [Route] {
        let records = NoRecords()
        return ModelRoutes(
            catalog: Catalog(store: records, now: { 0 }), operations: NoOperations(), statistics: records
        ).routes
    }

    @Test func `each route is in the API's document, once`() {
        let operations = routes.compactMap(\.description.operation)
        #expect(operations.count == routes.count && Set(operations).count == routes.count)
        for route in routes { #expect(!route.description.summary.isEmpty && !route.description.responses.isEmpty) }
    }

    /// The code of the error that a request is answered with.
    private func refusal(_ method: HTTPMethod, _ target: String, body: String = "") async throws -> String {
        var router = Router()
        router.onError = { error, _ in .text((error as? ServiceError)?.code.rawValue ?? "other \(error)") }
        for route in routes { router.add(route) }
        let response = await router.respond(to: HTTPRequest(method, target, body: Array(body.utf8)))
        return String(decoding: try await response.collectBody(), as: UTF8.self)
    }

    @Test(
        arguments: [
            (.get, "/api/v1/models/none", "", "model_not_found"), (.get, "/api/v1/models/a%2F..", "", "invalid_value"),
            (.patch, "/api/v1/models/none", "{}", "model_not_found"),
            (.delete, "/api/v1/models/none?force=true", "", "model_not_found"),
            (.post, "/api/v1/models/import", "", "invalid_json"),
            (.post, "/api/v1/models/import", "[]", "invalid_value"),
            (.get, "/api/v1/models?sort=colour", "", "invalid_value"),
        ] as [(HTTPMethod, String, String, String)])
    func `what cannot be done has its code`(
        method: HTTPMethod, target: String, body: String, code: String
    ) async throws {
        #expect(try await refusal(method, target, body: body) == code)
    }
}

@Suite struct OpinionEditTests {
    private func edit(_ text: String) throws -> ModelRecord.Opinion {
        var opinion = ModelRecord.Opinion(rating: 2, notes: "old", tags: ["x"])
        try OpinionEdit(JSONField(JSONValue.parse(text))).apply(to: &opinion)
        return opinion
    }

    @Test func `members that are there change, null takes away, the rest stays`() throws {
        #expect(try edit("{}") == ModelRecord.Opinion(rating: 2, notes: "old", tags: ["x"]))
        #expect(try edit(#"{"rating": 5}"#) == ModelRecord.Opinion(rating: 5, notes: "old", tags: ["x"]))
        #expect(try edit(#"{"rating": null, "notes": null, "tags": null}"#) == ModelRecord.Opinion())
        #expect(try edit(#"{"notes": ""}"#).notes == nil)
        #expect(try edit(#"{"tags": ["b", "a", "b"]}"#).tags == ["b", "a"])
    }

    @Test(
        arguments: [
            #"{"rating": 0}"#, #"{"rating": 6}"#, #"{"rating": 2.5}"#, #"{"rating": "3"}"#, #"{"notes": 1}"#,
            #"{"notes": "\u0000"}"#, #"{"tags": {}}"#, #"{"tags": [1]}"#, #"{"tags": [""]}"#, #"{"state": "ready"}"#,
        ])
    func `other values are refused with the member's name`(text: String) throws {
        let member = try #require(try JSONValue.parse(text).object?.keys.first)
        let error = #expect(throws: JSONFieldError.self) { try edit(text) }
        #expect(error?.path.hasPrefix(member) == true)
    }

    @Test func `bounds hold at their edges`() throws {
        let notes = String(repeating: "n", count: ModelRecord.Opinion.notesBytesMax)
        #expect(try edit(#"{"notes": "\#(notes)"}"#).notes == notes)
        #expect(throws: JSONFieldError.self) { try edit(#"{"notes": "\#(notes)n"}"#) }
        let tags = (0...ModelRecord.Opinion.tagsMax).map { "\"t\($0)\"" }
        #expect(throws: JSONFieldError.self) { try edit("{\"tags\": [\(tags.joined(separator: ","))]}") }
        #expect(try edit("{\"tags\": [\(tags.dropLast().joined(separator: ","))]}").tags.count == 32)
    }
}

@Suite struct CatalogQueryTests {
    @Test func `every parameter is read`() throws {
        let query = try CatalogQuery(
            HTTPQuery("search=Qw&state=ready&format=gguf&origin=hub&tag=t&sort=-used&limit=7&offset=9"))
        var expected = CatalogQuery()
        (expected.text, expected.state, expected.format, expected.origin) = ("Qw", "ready", "gguf", "hub")
        (expected.tag, expected.order, expected.isDescending, expected.limit, expected.offset) = (
            "t", .used, true, 7, 9
        )
        #expect(query == expected)
        #expect(try CatalogQuery(HTTPQuery("")) == CatalogQuery())
    }

    @Test(arguments: [
        "sort=-", "sort=--name", "state=Ready", "format=zip", "origin=", "search=" + String(repeating: "s", count: 257),
    ])
    func `values that are none are refused`(text: String) {
        #expect(throws: ServiceError.self) { try CatalogQuery(HTTPQuery(text[...])) }
    }

    @Test(arguments: ["search=%00", "tag=a%00b", "limit=0", "offset=-1", "limit=1e2"])
    func `what is no value of any query is refused before that, as a bad request`(text: String) {
        let error = #expect(throws: HTTPError.self) { try CatalogQuery(HTTPQuery(text[...])) }
        #expect(error?.status == .badRequest)
    }
}

@Suite struct ModelJSONTests {
    @Test func `values of variables are not told, their names are`() throws {
        var report = ImportReport()
        var deployment = FoundDeployment(name: "a", command: ["x"])
        deployment.environment = ["API_KEY=secret", "B="]
        report.deployments = [deployment]
        let text = JSONValue.object(report.json).text
        #expect(!text.contains("secret") && text.contains(#"["API_KEY","B"]"#))
    }

    @Test func `a failure tells its step and its reason, and other states tell none`() throws {
        var record = ModelRecord(
            name: try ModelName("a"), state: .failed(.loading), origin: .configuration, addedAt: 1_700_000_000_000_000)
        record.failure = "no memory"
        let json = JSONValue.object(record.json(usage: nil))
        #expect(json["state"] == "failed" && json["failure"]?["step"] == "loading")
        #expect(json["failure"]?["reason"] == "no memory" && json["added_at"] == "2023-11-14T22:13:20.000Z")
        record.state = .ready
        #expect(JSONValue.object(record.json(usage: nil))["failure"] == nil)
    }
}
