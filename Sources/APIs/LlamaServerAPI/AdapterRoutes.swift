public import HTTPServing
public import JSONText
import RequestScope
public import Vocabulary

/// LoRA adapters at run time: llama-server's `GET` and `POST /lora-adapters`, and what it has no endpoint for, loading one
/// and removing one.
///
/// Source of the shapes: `tools/server/README.md` of llama.cpp. Differs from it in: an adapter that does not exist is an
/// error, and numbers stay what they were when one is removed.
public struct AdapterRoutes: Sendable {
    /// Reads a list of adapters with scales as requests have it.
    public typealias ListReader = @Sendable (JSONField) throws(JSONFieldError) -> [AdapterScale]

    let engine: any AdapterControlling
    let readList: ListReader

    static let pathBytesMax = 4_095

    /// - Parameters:
    ///   - engine: whose adapters these are.
    ///   - readList: reads what `POST /lora-adapters` gets.
    public init(_ engine: any AdapterControlling, readList: @escaping ListReader) {
        self.engine = engine
        self.readList = readList
    }

    public var routes: [Route] {
        [
            Route(.get, "/lora-adapters", AdapterSchemas.list) { _ in
                .json(.array(try await engine.adapters().map(\.value)))
            },
            Route(.post, "/lora-adapters", AdapterSchemas.set) { request in
                try await set(try await request.body.collect())
            },
            Route(.post, "/lora-adapters/load", AdapterSchemas.load, execution: .concurrent) { request in
                try await load(try .body(try await request.body.collect()))
            },
            Route(.delete, "/lora-adapters/{id}", AdapterSchemas.remove) { request in
                try await remove(request.parameters.string("id"))
            },
        ]
    }

    private func set(_ body: [UInt8]) async throws -> HTTPResponse {
        try await engine.setAdapters(try scales(in: body))
        return .json(["success": true])
    }

    private func scales(in body: [UInt8]) throws(ServiceError) -> [AdapterScale] {
        let hint = #"Send a list: [{"id": 0, "scale": 0.5}]. Adapters that it does not name get 0."#
        let value: JSONValue
        do {
            value = try JSONValue.parse(body)
        } catch {
            throw ServiceError(.invalidJSON, "The body is not valid JSON: \(error).", hint: hint)
        }
        guard value.array != nil else {
            throw ServiceError(.invalidValue, "The body must be a JSON array, not \(value.kind).", hint: hint)
        }
        do {
            return try readList(JSONField(value))
        } catch {
            throw ServiceError(reading: error)
        }
    }

    private func load(_ root: JSONField) async throws -> HTTPResponse {
        let path: String
        var scale: Float = 1
        do {
            path = try root.required("path").string(bytesIn: 1...Self.pathBytesMax)
            if let field = try root.optional("scale") {
                let most = Double(AdapterScale.scaleMax)
                scale = Float(try field.number(in: -most...most))
            }
        } catch {
            throw ServiceError(reading: error)
        }
        return .json(try await engine.loadAdapter(path, scale: scale).value)
    }

    private func remove(_ text: String) async throws -> HTTPResponse {
        // The one way to write each number, so that an adapter has one path.
        guard let id = Int(text), String(id) == text, id >= 0 else {
            throw ServiceError(
                .notFound, "There is no adapter \(text.prefix(40)).",
                hint: "GET /lora-adapters lists those that there are.", parameter: "id")
        }
        _ = try await engine.removeAdapter(id)
        return .json(["id": .whole(id), "success": true])
    }
}

extension AdapterReport {
    /// As llama-server tells it, and what is ours beside it.
    fileprivate var value: JSONValue {
        [
            "id": .whole(id), "path": .string(path), "scale": .number(Double(scale)), "task_name": .string(taskName),
            "prompt_prefix": .string(promptPrefix), "rank": .whole(rank), "users": .whole(users),
        ]
    }
}
