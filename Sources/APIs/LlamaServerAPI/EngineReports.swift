import JSONText
import Vocabulary

extension SlotReport {
    /// As llama-server tells it, as far as it is the same here, and what is ours beside it.
    func value(contextTokens: Int) -> JSONValue {
        [
            "id": .whole(index), "n_ctx": .whole(contextTokens), "speculative": .bool(speculates),
            "is_processing": .bool(state != .idle),
            "next_token": [
                [
                    "has_next_token": .bool(state == .writing), "has_new_line": false,
                    "n_remain": .whole(remainingTokens ?? -1), "n_decoded": .whole(writtenTokens),
                ]
            ],
            "n_prompt_tokens": .whole(promptTokens), "n_prompt_tokens_cache": .whole(cachedTokens),
            "n_prompt_tokens_processed": .whole(max(0, min(computedTokens, promptTokens) - cachedTokens)),
            "state": .string(state.rawValue), "request_id": request.map { .string($0.text) } ?? .null,
            "tenant": tenant.map { .string($0.name) } ?? .null,
            "priority": priority.map { .string($0.rawValue) } ?? .null,
            "prompt_tokens": .whole(promptTokens), "cached_tokens": .whole(cachedTokens),
            "computed_tokens": .whole(computedTokens), "written_tokens": .whole(writtenTokens),
            "draft_tokens": .whole(draftTokens), "draft_tokens_accepted": .whole(acceptedDraftTokens),
            "dropped_tokens": .whole(droppedTokens),
            "lora": .array(adapters.map { ["id": .whole($0.id), "scale": .number(Double($0.scale))] }),
        ]
    }
}

extension CacheListing {
    var value: JSONValue {
        [
            "cells": .whole(cells), "cells_used": .whole(cellsUsed),
            "totals": [
                "lookups": .whole(lookups), "hits": .whole(hits), "tokens_reused": .whole(tokensReused),
                "tokens_computed": .whole(tokensComputed), "evictions": .whole(evictions),
                "tokens_dropped": .whole(tokensDropped),
                "rejected_files": .whole(rejectedFiles),
            ], "tiers": .array(tiers.map(\.value)), "nodes": .array(nodes.map(\.value)),
        ]
    }
}

extension CacheListing.Use {
    fileprivate var value: JSONValue {
        [
            "tier": .string(tier.rawValue), "bytes": .whole(bytes), "bytes_max": .whole(bytesMax),
            "nodes": .whole(nodes),
        ]
    }
}

extension CacheListing.Node {
    /// Ids are texts, because not every client can hold 64 bits in a number.
    fileprivate var value: JSONValue {
        [
            "id": .string(String(id)), "parent": parent.map { .string(String($0)) } ?? .null,
            "tenant": tenant.map { .string($0.name) } ?? .null, "start": .whole(start), "tokens": .whole(tokens),
            "bytes": .whole(bytes), "tier": .string(tier.rawValue), "hits": .whole(hits), "users": .whole(users),
            "children": .whole(children), "seconds_since_use": .number(secondsSinceUse), "text": .string(text),
        ]
    }
}
