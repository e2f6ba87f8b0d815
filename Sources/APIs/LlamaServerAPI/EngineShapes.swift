import HTTPServing
import JSONText

/// JSON Schemas of what engines tell of themselves, beside `EngineProfile` and `EngineReports`, which write it.
enum EngineShapes: SchemaWriting {
    /// Tokens, or, where pieces are wanted, tokens with their texts; bytes where they are none.
    static let tokens = object([
        "tokens": list(
            of: [
                "anyOf": [
                    natural,
                    object(["id": natural, "piece": ["type": ["string", "array"], "items": count(0...255)]]),
                ]
            ])
    ])

    static let properties = object([
        "default_generation_settings": object([
            "params": anything("What applies where a request says nothing, by llama-server's names."),
            "n_ctx": natural,
        ]), "total_slots": natural, "model_alias": text, "model_ftype": text, "model_path": text,
        "modalities": object(["vision": truth, "video": truth, "audio": truth]), "media_marker": text,
        "endpoint_slots": truth, "endpoint_props": truth, "endpoint_metrics": truth, "ui": truth,
        "ui_settings": anything("Nothing: there are none."), "chat_template": text,
        "chat_template_caps": map(of: truth), "bos_token": text, "eos_token": text, "build_info": text,
        "is_sleeping": truth, "cors_proxy_enabled": truth,
    ])

    static let slots = list(
        of: object([
            "id": natural, "n_ctx": natural, "speculative": truth, "is_processing": truth,
            "next_token": list(
                of: object([
                    "has_next_token": truth, "has_new_line": truth, "n_remain": whole, "n_decoded": natural,
                ])), "n_prompt_tokens": natural, "n_prompt_tokens_cache": natural,
            "n_prompt_tokens_processed": natural, "state": text, "request_id": textOrNull, "tenant": textOrNull,
            "priority": textOrNull, "prompt_tokens": natural, "cached_tokens": natural, "computed_tokens": natural,
            "written_tokens": natural, "draft_tokens": natural, "draft_tokens_accepted": natural,
            "dropped_tokens": natural, "lora": list(of: object(["id": natural, "scale": number])),
        ]))

    /// What an action has done; which members there are depends on the action.
    static let slotAction = object(
        [
            "id_slot": natural, "filename": text, "n_saved": natural, "n_written": natural, "n_restored": natural,
            "n_read": natural, "n_erased": natural, "timings": optional(["save_ms": number, "restore_ms": number]),
        ],
        optional: ["filename", "n_saved", "n_written", "n_restored", "n_read", "n_erased", "timings"])

    static let cache = object([
        "cells": natural, "cells_used": natural,
        "totals": object([
            "lookups": natural, "hits": natural, "tokens_reused": natural, "tokens_computed": natural,
            "evictions": natural, "tokens_dropped": natural, "rejected_files": natural,
        ]),
        "tiers": list(of: object(["tier": text, "bytes": natural, "bytes_max": natural, "nodes": natural])),
        "nodes": list(
            of: object([
                "id": text, "parent": textOrNull, "tenant": textOrNull, "start": natural, "tokens": natural,
                "bytes": natural, "tier": text, "hits": natural, "users": natural, "children": natural,
                "seconds_since_use": number, "text": text,
            ])),
    ])
}
