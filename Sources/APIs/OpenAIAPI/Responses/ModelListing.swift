import JSONText
import Vocabulary

/// The models that are served, as OpenAI lists them, with what llama-server tells beside it.
enum ModelListing {
    /// `GET /v1/models`. Where a model's file is known, the list is there once more in Ollama's shape, as in llama-server.
    static func list(_ models: [ServedModel]) -> JSONValue {
        var object: JSONObject = ["object": "list", "data": .array(models.map(value))]
        let known = models.filter { $0.facts != nil }
        if !known.isEmpty { object["models"] = .array(known.map(short)) }
        return .object(object)
    }

    static func value(_ model: ServedModel) -> JSONValue {
        var meta = JSONObject()
        meta["n_ctx"] = model.contextTokens.map(JSONValue.whole)
        meta["note"] = model.note.map(JSONValue.string)
        var object: JSONObject = [
            "id": .string(model.id.name), "object": "model", "created": .integer(model.created),
            "owned_by": "llama-nexus", "capabilities": .array(model.capabilities.map(JSONValue.string)),
            "architecture": [
                "input_modalities": .array(model.modalities.names.map(JSONValue.string)),
                "output_modalities": [model.isEncoder ? "embeddings" : "text"],
            ],
        ]
        // llama-server's word and place, as its router has it.
        object["status"] = model.state.map { ["value": .string($0)] }
        if model.facts == nil, !model.aliases.isEmpty {
            object["aliases"] = .array(([model.id.name] + model.aliases).map(JSONValue.string))
        }
        if let facts = model.facts {
            object["aliases"] = .array(([model.id.name] + model.aliases).map(JSONValue.string))
            object["tags"] = .array(model.tags.map(JSONValue.string))
            meta["vocab_type"] = .whole(facts.vocabularyType)
            meta["n_vocab"] = .whole(facts.vocabularyCount)
            meta["n_ctx_train"] = .whole(facts.trainedContextTokens)
            meta["n_embd"] = .whole(facts.embeddingLength)
            meta["n_params"] = .whole(facts.parameterCount)
            meta["size"] = .whole(facts.bytes)
            meta["ftype"] = .string(facts.fileType)
        }
        object["meta"] = .object(meta)
        return .object(object)
    }

    private static func short(_ model: ServedModel) -> JSONValue {
        let name = JSONValue.string(model.id.name)
        return [
            "name": name, "model": name, "modified_at": "", "size": "", "digest": "", "type": "model",
            "description": .string(model.note ?? ""), "tags": .array(model.tags.map(JSONValue.string)),
            "capabilities": .array(model.capabilities.map(JSONValue.string)), "parameters": "",
            "details": [
                "parent_model": "", "format": "gguf", "family": "", "families": [""],
                "parameter_size": .string(model.facts.map { String($0.parameterCount) } ?? ""),
                "quantization_level": .string(model.facts?.fileType ?? ""),
            ],
        ]
    }
}
