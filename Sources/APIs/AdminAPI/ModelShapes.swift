import HTTPServing
import JSONText
import ModelCatalog

/// JSON Schemas of what the model routes answer with, beside `ModelJSON`, which writes it.
enum ModelShapes: SchemaWriting {
    /// What is told when something is removed.
    static let removal = object(["id": text, "deleted": truth])

    // MARK: Parts of a model

    static let state = oneOf(Set(ModelState.all.map(\.name)).sorted())

    static let usageMembers: JSONObject = [
        "requests": natural, "prompt_tokens": natural, "completion_tokens": natural, "failures": natural,
        "last_used_at": ["type": ["string", "null"], "format": "date-time"],
    ]

    static let origin = object(
        [
            "kind": oneOf(ModelOrigin.kinds), "path": text, "repository": text, "revision": text, "from": text,
            "how": text,
        ], optional: ["path", "repository", "revision", "from", "how"])

    static let file = object(
        [
            "path": text, "role": oneOf(ModelFile.Role.allCases.map(\.rawValue)), "byte_count": natural,
            "modified_at": moment, "sha256": ["type": "string", "pattern": "^[0-9a-f]{64}$"],
        ], optional: ["sha256"])

    /// A file that was looked at.
    static let checkedFile: JSONValue = {
        var members = file["properties"]?.object ?? JSONObject()
        members["standing"] = oneOf(["unchanged", "vanished", "changed", "unreadable"])
        members["reason"] = text
        members["sha256_now"] = text
        members["digest_matches"] = truth
        return object(members, optional: ["sha256", "reason", "sha256_now", "digest_matches"])
    }()

    static let metadata = object(
        [
            "has_chat_template": truth, "format": text, "architecture": text, "title": text,
            "parameter_count": natural, "quantization": text, "context_length": natural, "embedding_length": natural,
            "block_count": natural, "head_count": natural, "key_value_head_count": natural,
            "vocabulary_size": natural, "tokenizer": text, "license": text,
        ],
        optional: [
            "format", "architecture", "title", "parameter_count", "quantization", "context_length", "embedding_length",
            "block_count", "head_count", "key_value_head_count", "vocabulary_size", "tokenizer", "license",
        ])

    // MARK: Models

    private static let listMembers: JSONObject = [
        "name": text, "state": state, "origin": origin, "byte_count": natural, "files": list(of: file),
        "metadata": metadata, "tags": list(of: text),
        "rating": ["type": ["integer", "null"], "minimum": 1, "maximum": 5], "notes": ["type": ["string", "null"]],
        "added_at": moment, "changed_at": moment, "usage": object(usageMembers),
        "failure": object(["step": oneOf(ModelState.FailedStep.allCases.map(\.rawValue)), "reason": text]),
        "defaults": optional(["parameters": anything, "system": text, "context_tokens": natural]),
    ]

    /// As lists have it.
    static let model = object(listMembers, optional: ["failure", "defaults"])

    /// With its texts, measurements and users.
    static let wholeModel: JSONValue = {
        var members = listMembers
        members["files"] = list(of: checkedFile)
        members["texts"] = optional(["chat_template": text, "license": text, "card": text])
        members["benchmarks"] = list(of: object(["at": moment, "kind": text, "values": anything]))
        members["used_by"] = list(of: text)
        members["next_states"] = list(of: state)
        return object(members, optional: ["failure", "defaults"])
    }()

    static let modelList = object([
        "models": list(of: model), "total": natural, "limit": natural, "offset": natural,
    ])

    // MARK: Other answers

    static let events = object([
        "events": list(
            of: object(
                [
                    "number": natural, "at": moment, "model": text, "event": text, "before": state, "after": state,
                    "deployment": text, "detail": text,
                ], optional: ["before", "after", "deployment", "detail"]))
    ])

    static let usage: JSONValue = {
        var members = usageMembers
        members["model"] = text
        return object(["usage": list(of: object(members))])
    }()

    static let deletion = object(["deleted": text, "removed_files": list(of: text)])
    static let check = object(["files": list(of: checkedFile)])

    static let importReport = object(
        [
            "added": list(of: text), "refreshed": list(of: text), "unchanged": list(of: text),
            "problems": list(of: object(["place": text, "reason": text])), "problems_left_out": natural,
            "deployments": list(of: deployment),
        ], optional: ["deployments"])

    private static let deployment = object(
        [
            "name": text, "kind": oneOf(["process"]), "command": list(of: text), "aliases": list(of: text),
            "environment": list(of: text), "proxy": text, "check_path": ["type": ["string", "null"]],
            "is_unlisted": truth, "idle_seconds": whole, "upstream_model": text, "title": text, "note": text,
            "model_path": text, "start_port": natural, "ready_seconds": natural,
            "group": object(["name": text, "swap": truth, "exclusive": truth, "persistent": truth]),
        ],
        optional: [
            "idle_seconds", "upstream_model", "title", "note", "model_path", "start_port", "ready_seconds", "group",
        ])
}
