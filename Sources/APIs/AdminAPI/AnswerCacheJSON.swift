public import Gateway
import JSONText
import Vocabulary

/// What the answer cache did, and what is in it.
public struct AnswerCacheStatus: Sendable {
    public var isOn: Bool
    /// Since the start, by what became of them.
    public var requests: [(state: String, count: Int)]
    public var savedPromptTokens: Int
    public var savedCompletionTokens: Int
    public var savedSeconds: Double
    public var memoryCount: Int
    public var memoryBytes: Int
    public var storedCount: Int
    public var findsSimilar: Bool
    public var questionCount: Int
    public var encoder: String
    /// In use for the encoder as it is now; `nil` where it is not served.
    public var threshold: Double?
    public var calibrated: CalibratedThreshold?

    public init(
        isOn: Bool, requests: [(state: String, count: Int)], savedPromptTokens: Int, savedCompletionTokens: Int,
        savedSeconds: Double, memoryCount: Int, memoryBytes: Int, storedCount: Int, findsSimilar: Bool,
        questionCount: Int, encoder: String, threshold: Double?, calibrated: CalibratedThreshold?
    ) {
        self.isOn = isOn
        self.requests = requests
        self.savedPromptTokens = savedPromptTokens
        self.savedCompletionTokens = savedCompletionTokens
        self.savedSeconds = savedSeconds
        self.memoryCount = memoryCount
        self.memoryBytes = memoryBytes
        self.storedCount = storedCount
        self.findsSimilar = findsSimilar
        self.questionCount = questionCount
        self.encoder = encoder
        self.threshold = threshold
        self.calibrated = calibrated
    }

    var json: JSONObject {
        var similar: JSONObject = [
            "enabled": .bool(findsSimilar), "questions": .whole(questionCount), "model": .string(encoder),
        ]
        similar["threshold"] = threshold.map(JSONValue.number)
        if let calibrated {
            similar["calibrated"] = [
                "threshold": .number(calibrated.threshold), "precision": .number(calibrated.precision),
                "recall": .number(calibrated.recall), "pairs": .whole(calibrated.pairs),
                "at_us": .integer(calibrated.at),
            ]
        }
        return [
            "enabled": .bool(isOn),
            "requests": .object(JSONObject(requests.map { ($0.state, JSONValue.whole($0.count)) })),
            "saved": [
                "prompt_tokens": .whole(savedPromptTokens), "completion_tokens": .whole(savedCompletionTokens),
                "seconds": .number(savedSeconds),
            ],
            "memory": ["answers": .whole(memoryCount), "bytes": .whole(memoryBytes)],
            "stored": ["answers": .whole(storedCount)], "similar": .object(similar),
        ]
    }
}

extension AnswerLine {
    var json: JSONObject {
        [
            "key": .string(key.description), "kind": .string(kind.rawValue), "tenant": .string(tenant.name),
            "model": .string(model), "tags": .array(tags.map(JSONValue.string)), "written_at_us": .integer(writtenAt),
            "expires_at_us": .integer(expiresAt), "prompt_tokens": .whole(promptTokens),
            "completion_tokens": .whole(completionTokens), "bytes": .whole(bytes), "hits": .whole(hits),
        ]
    }
}

/// An order to find the threshold of a model.
public struct CalibrationOrder: Sendable, Equatable {
    public var model: String
    /// The pairs that come with the program where there are none.
    public var pairs: [QuestionPair]?
    /// Wanted, 0.5 to 1.
    public var precision = 0.95
    /// Whether the threshold is kept.
    public var isKept = true

    /// - Parameter body: of the request.
    /// - Throws: the path of what is wrong.
    init(_ body: JSONField) throws(JSONFieldError) {
        model = try body.required("model").keptText(bytesIn: 1...256)
        if let field = try body.optional("precision") { precision = try field.number(in: 0.5...1) }
        if let field = try body.optional("keep") { isKept = try field.bool() }
        guard let list = try body.optional("pairs") else { return }
        let questions = 1...AnswerCacheRoutes.questionBytesMax
        var found: [QuestionPair] = []
        for pair in try list.elements(countMax: AnswerCacheRoutes.pairsMax) {
            found.append(
                QuestionPair(
                    try pair.required("first").keptText(bytesIn: questions),
                    try pair.required("second").keptText(bytesIn: questions), isSame: try pair.required("same").bool(),
                    kind: try pair.optional("kind")?.keptText(bytesIn: 1...64) ?? "other"))
        }
        guard found.contains(where: \.isSame), found.contains(where: { !$0.isSame }) else {
            throw list.fail("must have pairs that mean the same, and pairs that do not")
        }
        pairs = found
    }

    static let schema: JSONValue = [
        "type": "object", "required": ["model"],
        "properties": [
            "model": ["type": "string", "minLength": 1, "maxLength": 256],
            "precision": ["type": "number", "minimum": 0.5, "maximum": 1, "default": 0.95],
            "keep": ["type": "boolean", "default": true],
            "pairs": [
                "type": "array", "maxItems": .whole(AnswerCacheRoutes.pairsMax),
                "items": [
                    "type": "object", "required": ["first", "second", "same"],
                    "properties": [
                        "first": ["type": "string"], "second": ["type": "string"], "same": ["type": "boolean"],
                        "kind": ["type": "string"],
                    ],
                ],
            ],
        ],
    ]
}

/// What a calibration found.
public struct CalibrationReport: Sendable {
    public var model: String
    public var calibration: SimilarityCalibration
    public var recommended: SimilarityCalibration.Point?
    public var isKept: Bool
    /// What applied before.
    public var threshold: Double

    public init(
        model: String, calibration: SimilarityCalibration, recommended: SimilarityCalibration.Point?, isKept: Bool,
        threshold: Double
    ) {
        self.model = model
        self.calibration = calibration
        self.recommended = recommended
        self.isKept = isKept
        self.threshold = threshold
    }

    var json: JSONValue {
        var object: JSONObject = [
            "model": .string(model), "pairs": .whole(calibration.samples.count),
            "same": .whole(calibration.samples.count(where: \.isSame)), "threshold_before": .number(threshold),
            "kept": .bool(isKept),
            "curve": .array(
                zip(calibration.curve(isGuarded: true), calibration.curve(isGuarded: false)).map { guarded, bare in
                    [
                        "threshold": .number(guarded.threshold), "precision": .number(guarded.precision),
                        "recall": .number(guarded.recall), "wrong": .whole(guarded.wrong),
                        "precision_unguarded": .number(bare.precision), "recall_unguarded": .number(bare.recall),
                    ]
                }),
        ]
        if let recommended {
            object["recommended"] = [
                "threshold": .number(recommended.threshold), "precision": .number(recommended.precision),
                "recall": .number(recommended.recall), "wrong": .whole(recommended.wrong),
            ]
            func kinds(_ isGuarded: Bool) -> JSONValue {
                .object(
                    JSONObject(
                        calibration.mistakes(at: recommended.threshold, isGuarded: isGuarded)
                            .map { ($0.kind, JSONValue.whole($0.count)) }))
            }
            object["mistakes"] = kinds(true)
            object["mistakes_unguarded"] = kinds(false)
        }
        return .object(object)
    }
}
