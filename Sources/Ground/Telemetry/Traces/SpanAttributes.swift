/// The value of an attribute of a span.
public enum AttributeValue: Sendable, Hashable {
    case string(String)
    case integer(Int64)
    case number(Double)
    case bool(Bool)
    case strings([String])
}

extension AttributeValue: ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .number(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}

/// The name of an attribute.
public struct AttributeKey: Sendable, Hashable, ExpressibleByStringLiteral {
    public let name: String
    public init(_ name: String) { self.name = name }
    public init(stringLiteral value: String) { name = value }
}

/// Source: OpenTelemetry semantic conventions, "Generative AI" and "HTTP".
extension AttributeKey {
    public static let operationName: AttributeKey = "gen_ai.operation.name"
    public static let providerName: AttributeKey = "gen_ai.provider.name"
    public static let conversationID: AttributeKey = "gen_ai.conversation.id"
    public static let requestModel: AttributeKey = "gen_ai.request.model"
    public static let requestMaxTokens: AttributeKey = "gen_ai.request.max_tokens"
    public static let requestTemperature: AttributeKey = "gen_ai.request.temperature"
    public static let requestTopP: AttributeKey = "gen_ai.request.top_p"
    public static let requestTopK: AttributeKey = "gen_ai.request.top_k"
    public static let requestSeed: AttributeKey = "gen_ai.request.seed"
    public static let requestStopSequences: AttributeKey = "gen_ai.request.stop_sequences"
    public static let responseID: AttributeKey = "gen_ai.response.id"
    public static let responseModel: AttributeKey = "gen_ai.response.model"
    public static let responseFinishReasons: AttributeKey = "gen_ai.response.finish_reasons"
    public static let usageInputTokens: AttributeKey = "gen_ai.usage.input_tokens"
    public static let usageOutputTokens: AttributeKey = "gen_ai.usage.output_tokens"
    public static let toolName: AttributeKey = "gen_ai.tool.name"
    public static let toolCallID: AttributeKey = "gen_ai.tool.call.id"
    public static let errorType: AttributeKey = "error.type"
    public static let httpMethod: AttributeKey = "http.request.method"
    public static let httpRoute: AttributeKey = "http.route"
    public static let httpStatus: AttributeKey = "http.response.status_code"
    public static let urlPath: AttributeKey = "url.path"
}

/// Attributes in the order of their first setting, at most `countMax`; what finds no room is counted.
public struct SpanAttributes: Sendable, Hashable {
    public private(set) var pairs: [Pair] = []
    public private(set) var droppedCount = 0

    public struct Pair: Sendable, Hashable {
        public let key: AttributeKey
        public var value: AttributeValue
    }

    /// OpenTelemetry's default, "AttributeCountLimit".
    public static let countMax = 128
    /// The longest text, in bytes; longer ones are cut.
    public static let textBytesMax = 65_536
    /// Room for as many at first: most spans have few, and growing one by one costs more than the room.
    private static let firstCapacity = 4

    public init() {}

    public subscript(key: AttributeKey) -> AttributeValue? {
        get { position(of: key).map { pairs[$0].value } }
        set {
            switch (position(of: key), newValue.map(bounded)) {
            case (let position?, let value?): pairs[position].value = value
            case (let position?, nil): pairs.remove(at: position)
            case (nil, let value?) where pairs.count < Self.countMax:
                if pairs.isEmpty { pairs.reserveCapacity(Self.firstCapacity) }
                pairs.append(Pair(key: key, value: value))
            case (nil, .some): droppedCount += 1
            case (nil, nil): break
            }
        }
    }

    /// By index and length first: an iterator would count each text in and out, and two texts are compared by a call.
    private func position(of key: AttributeKey) -> Int? {
        let length = key.name.utf8.count
        for place in pairs.indices where pairs[place].key.name.utf8.count == length && pairs[place].key == key {
            return place
        }
        return nil
    }

    private func bounded(_ value: AttributeValue) -> AttributeValue {
        guard case .string(let text) = value, text.utf8.count > Self.textBytesMax else { return value }
        return .string(text.cut(toBytes: Self.textBytesMax))
    }
}

extension SpanAttributes: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (AttributeKey, AttributeValue)...) {
        pairs.reserveCapacity(max(elements.count, Self.firstCapacity))
        for (key, value) in elements { self[key] = value }
    }
}
