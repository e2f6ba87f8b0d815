import Hardware
import Hosting
import JSONText

extension Advice {
    /// What the API tells.
    ///
    /// - Parameter limit: of recommendations.
    /// - Returns: an object.
    func json(limit: Int) -> JSONValue {
        var use: JSONObject = ["use": .string(wish.use.rawValue)]
        if case .classified(_, let classification) = reading {
            use["found_by"] = .array(
                classification.matches.map { match in
                    ["use": .string(match.use.rawValue), "words": .array(match.words.map(JSONValue.string))]
                })
        }
        return [
            "for": .object(use), "context_tokens": .whole(wish.contextTokens ?? wish.use.contextTokens),
            "order": .string(wish.order.rawValue),
            "room": [
                "bytes": .integer(Int64(clamping: room.bytes)), "place": .string(room.place),
                "device": .text(room.device), "free_disk_bytes": .count(room.freeDiskBytes), "threads": .whole(threads),
            ],
            "speed_model": speed?.json ?? .null, "remarks": .array(remarks.map(JSONValue.string)),
            "total": .whole(recommendations.count),
            "recommendations": .array(recommendations.prefix(limit).map(\.json)),
        ]
    }
}

extension Recommendation {
    fileprivate var json: JSONValue {
        let place: (kind: String, name: String) =
            switch origin {
            case .catalogue(let name): ("here", name)
            case .hub(let repository): ("hub", repository)
            }
        return [
            "name": .string(name), "source": .string(place.kind), "repository": .string(place.name),
            "download": .text(downloadName), "quantization": .string(quantization),
            "context_tokens": .whole(contextTokens), "cache_type": .string(cacheType.rawValue), "fits": .bool(fits),
            "need_bytes": .integer(Int64(clamping: needBytes)), "score": .number(score),
            "generation": generation?.json ?? .null, "prompt": prompt?.json ?? .null,
            "reasons": .array(
                reasons.map { ["code": .string($0.code), "text": .string($0.sentence), "figures": $0.figures] }),
            "alternatives": .array(
                alternatives.map { alternative in
                    [
                        "text": .string(alternative.sentence),
                        "need_bytes": .integer(Int64(clamping: alternative.needBytes)),
                        "changes": .object(alternative.figures),
                    ]
                }),
        ]
    }
}

extension Alternative {
    fileprivate var figures: JSONObject {
        var object = JSONObject()
        for change in changes {
            switch change {
            case .cacheType(let type): object["cache_type"] = .string(type.rawValue)
            case .context(let tokens): object["context_tokens"] = .whole(tokens)
            case .quantization(let name): object["quantization"] = .string(name)
            }
        }
        return object
    }
}

extension Reason {
    /// The numbers that decide.
    fileprivate var figures: JSONValue {
        switch self {
        case .memory(let need, let room, let place):
            ["need_bytes": .count(need), "room_bytes": .count(room), "place": .string(place)]
        case .isHere, .speedUnknown: [:]
        case .download(let bytes, let free): ["bytes": .count(bytes), "free_bytes": .count(free)]
        case .madeFor(let use): ["use": .string(use.rawValue)]
        case .generationSpeed(let speed, let wanted): ["wanted": .number(wanted), "speed": speed.json]
        case .promptSpeed(let speed): ["speed": speed.json]
        case .experts(let active, let parameters):
            ["active_billions": .number(active), "billions": .number(parameters)]
        case .quantization(let name, let loss): ["name": .string(name), "perplexity_growth": .number(loss)]
        case .contextLimit(let trained, let wanted): ["trained": .whole(trained), "wanted": .whole(wanted)]
        case .cacheType(let type): ["type": .string(type.rawValue)]
        case .licence(let name): ["name": .string(name)]
        }
    }
}

extension SpeedPrediction {
    var json: JSONValue {
        [
            "tokens_per_second": .number(tokensPerSecond), "bound": .string(bound.rawValue),
            "units_per_token": .number(unitsPerToken), "units_per_second": .number(unitsPerSecond),
            "basis": .string(basis.word), "runs": .whole(basis.runs),
            "models": .whole(basis.models), "error": error?.json ?? .null,
            "extrapolation": extrapolation.map(JSONValue.number) ?? .null,
        ]
    }
}

extension SpeedModel {
    var json: JSONValue {
        [
            "generation": generation.json, "prompt": prompt?.json ?? .null,
            "measured_bytes_max": .number(measuredBytesMax),
            "probe": probe.map { probe in
                [
                    "bytes_per_second": .number(probe.bytesPerSecond),
                    "operations_per_second": probe.operationsPerSecond.map(JSONValue.number) ?? .null,
                    "source": .string(probe.source.rawValue),
                ]
            } ?? .null,
        ]
    }
}

extension SpeedModel.Line {
    fileprivate var json: JSONValue {
        [
            "seconds_per_step": .number(fixed), "seconds_per_layer": .number(perLayer),
            "seconds_per_unit": .number(perUnit), "basis": .string(basis.word),
            "runs": .whole(basis.runs), "models": .whole(basis.models), "error": error?.json ?? .null,
        ]
    }
}

extension SpeedModel.Error {
    fileprivate var json: JSONValue { ["mean": .number(mean), "max": .number(max)] }
}

extension SpeedModel.Basis {
    fileprivate var word: String {
        switch self {
        case .probe: "probe"
        case .dataSheet: "data_sheet"
        case .corrected: "corrected"
        case .fit: "fit"
        }
    }

    fileprivate var runs: Int {
        switch self {
        case .probe, .dataSheet: 0
        case .corrected(let runs), .fit(let runs, _): runs
        }
    }

    fileprivate var models: Int {
        switch self {
        case .probe, .dataSheet: 0
        case .corrected: 1
        case .fit(_, let models): models
        }
    }
}

extension SpeedMeasurement {
    var json: JSONValue {
        [
            "model": .string(model), "engine": .string(engine), "threads": .whole(threads),
            "prompt_tokens": .whole(promptTokens), "prompt_tokens_per_second": .number(promptSpeed),
            "generated_tokens": .whole(generatedTokens), "tokens_per_second": .number(generationSpeed),
            "weight_bytes": .number(cost.weightBytes), "layers": .number(cost.layers),
        ]
    }
}
