public import HTTPServing
import JSONText
public import ModelCatalog
import RequestScope
import Streaming
import Vocabulary

/// `/api/v1/models`: the catalogue of this machine.
///
/// Names may hold slashes: in paths they are escaped (`%2F`), as one segment.
public struct ModelRoutes: Sendable {
    private let catalog: Catalog
    private let operations: any ModelOperations
    private let statistics: any ModelStatistics

    public init(catalog: Catalog, operations: any ModelOperations, statistics: any ModelStatistics) {
        self.catalog = catalog
        self.operations = operations
        self.statistics = statistics
    }

    public var routes: [Route] {
        [
            Route(.get, "/api/v1/models", ModelSchemas.list) { try await list($0) },
            Route(.post, "/api/v1/models/import", ModelSchemas.import) { try await importModels($0) },
            Route(.get, "/api/v1/models/events", ModelSchemas.allEvents) { request in
                try await events(request, of: nil)
            },
            Route(.get, "/api/v1/models/usage", ModelSchemas.usage) { try await usage($0) },
            Route(.get, "/api/v1/models/{model}", ModelSchemas.show) { try await show($0) },
            Route(.patch, "/api/v1/models/{model}", ModelSchemas.describe) { try await describe($0) },
            Route(.delete, "/api/v1/models/{model}", ModelSchemas.delete) { try await delete($0) },
            Route(.post, "/api/v1/models/{model}/check", ModelSchemas.check) { try await check($0) },
            Route(.get, "/api/v1/models/{model}/events", ModelSchemas.events) { request in
                try await events(request, of: try await historyName(request.parameters.string("model")))
            },
        ]
    }

    // MARK: Reading

    private func list(_ request: HTTPRequest) async throws -> HTTPResponse {
        let query = try CatalogQuery(try request.query)
        let page = try await catalog.page(query)
        return .json([
            "models": .array(page.records.map { .object($0.json(usage: page.usage[$0.name])) }),
            "total": .whole(page.total), "limit": .whole(query.limit), "offset": .whole(query.offset),
        ])
    }

    private func show(_ request: HTTPRequest) async throws -> HTTPResponse {
        let (record, texts) = try await catalog.find(request.parameters.string("model"))
        let checked = try await operations.check(record, digests: false)
        let usage = try await statistics.usage(of: record.name.description)
        let now = try await catalog.find(record.name.description).record
        var object = now.json(usage: usage)
        object["files"] = .array(checked.map { .object($0.json) })
        object["texts"] = .object(texts.json)
        object["benchmarks"] = .array(
            try await statistics.benchmarks(of: record.name).map { .object($0.json) })
        object["used_by"] = .array(await catalog.users(of: record).map(JSONValue.string))
        object["next_states"] = .array(Set(now.state.successors.map(\.name)).sorted().map(JSONValue.string))
        return .json(.object(object))
    }

    /// The history of a model outlives it.
    private func historyName(_ text: String) async throws -> ModelName {
        do {
            return try await catalog.find(text).record.name
        } catch let error as ServiceError where error.code == .modelNotFound {
            return try Catalog.name(text)
        }
    }

    /// A page of events; as they come for those who accept server-sent events, from `Last-Event-ID` or `after` on.
    private func events(_ request: HTTPRequest, of model: ModelName?) async throws -> HTTPResponse {
        let query = try request.query
        let numbers = 0...Int(Int32.max) << 20
        let after = try query.integer("after", in: numbers).map(Int64.init)
        if request.headers["Accept"]?.contains("text/event-stream") == true {
            let seen = request.headers["Last-Event-ID"].flatMap { Int64($0) }.flatMap { $0 < 0 ? nil : $0 }
            return .events(keepAlive: .seconds(15)) { writer in
                try await catalog.follow(model, after: seen ?? after) { event in
                    try await writer.write(
                        ServerSentEvent(
                            event: "model", data: JSONValue.object(event.json).text, id: String(event.number)))
                }
            }
        }
        var wanted = CatalogEventQuery(
            model: model, before: try query.integer("before", in: numbers).map(Int64.init),
            limit: try query.integer("limit", in: 1...CatalogEventQuery.limitMax) ?? 100)
        wanted.after = after
        let events = try await catalog.events(wanted)
        return .json(["events": .array(events.map { .object($0.json) })])
    }

    private func usage(_ request: HTTPRequest) async throws -> HTTPResponse {
        let limit = try request.query.integer("limit", in: 1...1_000) ?? 100
        let usage = try await statistics.usage(countMax: limit)
        return .json([
            "usage": .array(
                usage.map { entry in
                    var object = entry.usage.json
                    object["model"] = .string(entry.model)
                    return .object(object)
                })
        ])
    }

    // MARK: Changing

    private func importModels(_ request: HTTPRequest) async throws -> HTTPResponse {
        let order: ImportOrder
        do {
            let body = try JSONField.body(try await request.body.collect())
            let path = try body.required("path").keptText(bytesIn: 1...4_095)
            var kind: ImportOrder.Kind?
            if let field = try body.optional("kind") {
                let word = try field.string()
                let names = ImportOrder.Kind.allCases.map(\.rawValue).joined(separator: ", ")
                guard let known = ImportOrder.Kind(rawValue: word) else { throw field.fail("must be one of \(names)") }
                kind = known
            }
            let name = try body.optional("name")?.keptText(bytesIn: 1...512)
            var made: ImportOrder.Making?
            if let field = try body.optional("made") {
                made = .init(
                    of: try field.optional("from")?.keptText(bytesIn: 1...4_095),
                    how: try field.required("how").keptText(bytesIn: 1...256))
            }
            order = ImportOrder(path: path, kind: kind, name: try name.map { try Catalog.name($0) }, made: made)
        } catch {
            throw ServiceError(reading: error)
        }
        return .json(.object(try await operations.importModels(order).json))
    }

    private func describe(_ request: HTTPRequest) async throws -> HTTPResponse {
        let name = try await catalog.find(request.parameters.string("model")).record.name
        let edit: OpinionEdit
        do {
            edit = try OpinionEdit(try JSONField.body(try await request.body.collect()))
        } catch {
            throw ServiceError(reading: error)
        }
        let record = try await catalog.describe(name) { edit.apply(to: &$0) }
        return .json(.object(record.json(usage: try await statistics.usage(of: name.description))))
    }

    private func delete(_ request: HTTPRequest) async throws -> HTTPResponse {
        let query = try request.query
        let force = try query.bool("force") ?? false
        let files = try query.bool("files") ?? false
        let name = try await catalog.find(request.parameters.string("model")).record.name
        let record = try await catalog.delete(name, force: force)
        let removed = try await operations.removeFiles(of: record, evenForeign: files)
        return .json([
            "deleted": .string(name.description), "removed_files": .array(removed.map(JSONValue.string)),
        ])
    }

    private func check(_ request: HTTPRequest) async throws -> HTTPResponse {
        let digests = try request.query.bool("digests") ?? false
        let record = try await catalog.find(request.parameters.string("model")).record
        let checked = try await operations.check(record, digests: digests)
        return .json(["files": .array(checked.map { .object($0.json) })])
    }
}

/// What a `PATCH` changes: members that are there; `null` takes a value away.
struct OpinionEdit: Sendable, Equatable {
    enum Change<Value: Sendable & Equatable>: Sendable, Equatable {
        case leave
        case set(Value?)
    }

    var rating = Change<Int>.leave
    var notes = Change<String>.leave
    var tags = Change<[String]>.leave

    init(_ body: JSONField) throws {
        let known = ["rating", "notes", "tags"]
        if let strange = body.value.object?.keys.first(where: { !known.contains($0) }) {
            throw JSONFieldError(path: strange, problem: "cannot be changed; \(known.joined(separator: ", ")) can")
        }
        if body.value["rating"] != nil {
            rating = .set(try body.optional("rating")?.integer(in: ModelRecord.Opinion.ratings))
        }
        if body.value["notes"] != nil {
            notes = .set(
                try body.optional("notes").map { try Self.text($0, bytesMax: ModelRecord.Opinion.notesBytesMax) })
        }
        if body.value["tags"] != nil { tags = .set(try body.optional("tags").map(Self.labels)) }
    }

    func apply(to opinion: inout ModelRecord.Opinion) {
        if case .set(let value) = rating { opinion.rating = value }
        if case .set(let value) = notes { opinion.notes = value?.isEmpty == true ? nil : value }
        if case .set(let value) = tags { opinion.tags = value ?? [] }
    }

    private static func labels(_ field: JSONField) throws -> [String] {
        guard let elements = field.value.array else { throw field.fail("must be a list, not \(field.value.kind)") }
        guard elements.count <= ModelRecord.Opinion.tagsMax else {
            throw field.fail("has more than \(ModelRecord.Opinion.tagsMax) entries")
        }
        var labels: [String] = []
        for (index, element) in elements.enumerated() {
            let place = JSONField(element, path: "\(field.path)[\(index)]")
            let label = try text(place, bytesMax: ModelRecord.Opinion.tagBytesMax)
            guard !label.isEmpty else { throw place.fail("must not be empty") }
            if !labels.contains(label) { labels.append(label) }
        }
        return labels
    }

    /// No database keeps a zero in a text.
    private static func text(_ field: JSONField, bytesMax: Int) throws -> String {
        let text = try field.keptText(bytesIn: 0...bytesMax)
        guard !text.utf8.contains(0) else { throw field.fail("must not hold the character U+0000") }
        return text
    }
}

extension CatalogQuery {
    /// The filters of `GET /api/v1/models`.
    init(_ query: HTTPQuery) throws {
        self.init()
        let searched = query["search"]
        if let searched, searched.utf8.count > 256 {
            throw ServiceError(.invalidValue, "'search' has more than 256 bytes.", parameter: "search")
        }
        text = searched
        state = try Self.choice(query, "state", Set(ModelState.all.map(\.name)).sorted())
        format = try Self.choice(query, "format", ["gguf", "onnx", "remote", "safetensors"])
        origin = try Self.choice(query, "origin", ModelOrigin.kinds)
        tag = query["tag"]
        let orders = Order.allCases.map(\.rawValue)
        // "-size" is the largest first.
        if let sort = try Self.choice(query, "sort", orders + orders.map { "-" + $0 }) {
            isDescending = sort.hasPrefix("-")
            order = Order(rawValue: isDescending ? String(sort.dropFirst()) : sort) ?? .name
        }
        limit = try query.integer("limit", in: 1...Self.limitMax) ?? 100
        offset = try query.integer("offset", in: 0...1_000_000_000) ?? 0
    }

    private static func choice(_ query: HTTPQuery, _ name: String, _ allowed: [String]) throws -> String? {
        guard let value = query[name] else { return nil }
        guard allowed.contains(value) else {
            throw ServiceError(
                .invalidValue, "'\(name)' has a value that it cannot have.",
                hint: "Allowed are: \(allowed.joined(separator: ", ")).", parameter: name)
        }
        return value
    }
}
