public import HTTPServing
public import JSONText
public import Jobs
import RequestScope
import Vocabulary

/// Making models of models: `/api/v1/models/quantize`, `convert`, `imatrix` and `measure`. Each order becomes a job, which
/// `/api/v1/jobs` shows, follows and ends.
public struct MakingRoutes: Sendable {
    /// Checks an order and makes it a job. What cannot succeed is refused with a `ServiceError`.
    public typealias Order = @Sendable (JSONObject) async throws -> JobRecord

    public struct Orders: Sendable {
        public var quantize: Order
        public var collect: Order
        public var measure: Order
        public var convert: Order

        public init(
            quantize: @escaping Order, collect: @escaping Order, measure: @escaping Order, convert: @escaping Order
        ) {
            self.quantize = quantize
            self.collect = collect
            self.measure = measure
            self.convert = convert
        }
    }

    /// A type that models can be quantised to.
    public struct Kind: Sendable {
        public var name: String
        public var needsImportance: Bool

        public init(name: String, needsImportance: Bool) {
            self.name = name
            self.needsImportance = needsImportance
        }
    }

    private let orders: Orders
    private let types: [Kind]

    /// - Parameters:
    ///   - orders: make jobs.
    ///   - types: from the largest to the smallest.
    public init(_ orders: Orders, types: [Kind]) {
        self.orders = orders
        self.types = types
    }

    private static let bodyBytesMax = 64 << 10

    public var routes: [Route] {
        [
            Self.order("quantize", quantizing, orders.quantize), Self.order("convert", Self.converting, orders.convert),
            Self.order("imatrix", Self.collecting, orders.collect),
            Self.order("measure", Self.measuring, orders.measure),
            Route(.get, "/api/v1/quantization/types", Self.listing) { [types] _ in
                .json([
                    "types": .array(
                        types.map { ["name": .string($0.name), "needs_importance_matrix": .bool($0.needsImportance)] })
                ])
            },
        ]
    }

    private static func order(_ path: String, _ description: RouteDescription, _ order: @escaping Order) -> Route {
        Route(.post, "/api/v1/models/\(path)", description, bodyBytesMax: bodyBytesMax) { request in
            let body = try JSONField.body(try await request.body.collect())
            do {
                return .json(.object(try await order(try body.object()).json()), status: .accepted)
            } catch let error as JSONFieldError {
                throw ServiceError(reading: error)
            }
        }
    }
}

// MARK: Descriptions

extension MakingRoutes {
    private static let text: JSONValue = ["type": "string"]
    private static let flag: JSONValue = ["type": "boolean", "default": false]
    private static let count: JSONValue = ["type": "integer", "minimum": 1]

    private static func description(
        _ operation: String, _ summary: String, required: [String], _ properties: JSONObject
    ) -> RouteDescription {
        RouteDescription(
            operation: operation, summary: summary, tags: ["models"],
            requestBodies: [
                .json([
                    "type": "object", "required": .array(required.map { .string($0) }),
                    "properties": .object(properties), "additionalProperties": false,
                ])
            ],
            responses: [
                .init(.accepted, nil, .json(JobShapes.job)), .init(.badRequest), .init(.notFound),
                .init(.conflict),
            ], permission: "models.write")
    }

    private var quantizing: RouteDescription {
        Self.description(
            "quantizeModel",
            "Store a model's weights in fewer bits, as a job: a model of the catalogue, a GGUF file, or a checkpoint's folder.",
            required: ["model", "type"],
            [
                "model": Self.text, "type": ["type": "string", "enum": .array(types.map { .string($0.name) })],
                "name": Self.text, "output": Self.text, "imatrix": Self.text, "calibrate": Self.text,
                "report": Self.text, "allow_requantize": Self.flag, "pure": Self.flag,
                "leave_output_tensor": Self.flag, "output_tensor_type": Self.text,
                "token_embedding_type": Self.text, "threads": Self.count, "chunks": Self.count,
            ])
    }

    private static let converting = description(
        "convertModel", "Turn a checkpoint into a GGUF file, as a job.", required: ["model"],
        [
            "model": text, "type": ["type": "string", "enum": ["f32", "f16", "bf16"]], "name": text, "output": text,
        ])

    private static let collecting = description(
        "collectImportances", "Make an importance matrix from a text, as a job.", required: ["model", "text"],
        ["model": text, "text": text, "output": text, "threads": count, "chunks": count, "chunk_size": count])

    private static let measuring = description(
        "measureModel",
        "Perplexity on a text, size and speed of a model, and its distance from another one, as a job.",
        required: ["model", "text"],
        ["model": text, "base": text, "text": text, "threads": count, "chunks": count, "chunk_size": count])

    private static let listing = RouteDescription(
        operation: "listQuantizationTypes", summary: "What models can be quantised to, from the largest.",
        tags: ["models"],
        responses: [
            .init(
                .ok, nil,
                .json(
                    ModelShapes.object([
                        "types": ModelShapes.list(
                            of: ModelShapes.object(["name": text, "needs_importance_matrix": ModelShapes.truth]))
                    ])))
        ], permission: "models.read")
}
