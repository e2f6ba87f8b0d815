import Hardware
import JSONText

extension Machine {
    /// What the API tells. What is not known is `null`, except in lists.
    var json: JSONValue {
        [
            "system": .text(system), "processor": processor.json,
            "memory": [
                "total_bytes": .count(memory.totalBytes), "available_bytes": .count(memory.availableBytes),
                "swap_total_bytes": .count(memory.swapTotalBytes), "swap_free_bytes": .count(memory.swapFreeBytes),
                "huge_pages": memory.hugePages.map { pages in
                    [
                        "total": .count(pages.total), "free": .count(pages.free), "page_bytes": .count(pages.pageBytes),
                    ]
                } ?? .null,
            ],
            "nodes": .array(
                nodes.map { node in
                    [
                        "number": .whole(node.number), "total_bytes": .count(node.totalBytes),
                        "free_bytes": .count(node.freeBytes), "processors": .string(node.processors.text),
                    ]
                }),
            "limits": limits.json,
            "usable": [
                "memory_bytes": .count(memoryBytes), "memory_free_bytes": .count(memoryFreeBytes),
                "threads": .whole(usableThreads), "cores": .whole(usableCores),
            ],
            "surroundings": .array(
                surroundings.map { ["kind": .string($0.kind.rawValue), "evidence": .string($0.evidence)] }),
            "model_folder": modelFolder?.json ?? .null, "accelerators": .array(accelerators.map(\.json)),
            "notes": .array(
                notes.map { note in
                    [
                        "part": .string(note.part.rawValue), "code": .string(note.code.rawValue),
                        "message": .string(note.message), "hint": .text(note.hint),
                    ]
                }),
        ]
    }
}

extension Processor {
    fileprivate var json: JSONValue {
        [
            "model": .text(model), "architecture": .text(architecture),
            "features": .array(features.map { .string($0.rawValue) }), "sockets": .count(sockets),
            "cores": .count(cores), "threads": .count(threads), "smt": hasSMT.map(JSONValue.bool) ?? .null,
            "caches": .array(
                caches.map { cache in
                    [
                        "level": .whole(cache.level), "kind": .string(cache.kind.rawValue),
                        "bytes": .count(cache.bytes),
                        "count": .whole(cache.count),
                    ]
                }),
        ]
    }
}

extension ResourceLimits {
    fileprivate var json: JSONValue {
        [
            "control_group_versions": .array(versions.map(JSONValue.whole)), "memory_max_bytes": .count(memoryMaxBytes),
            "memory_high_bytes": .count(memoryHighBytes), "memory_left_bytes": .count(memoryLeftBytes),
            "memory_set_by": .text(memorySetBy), "swap_max_bytes": .count(swapMaxBytes),
            "processor_share": processorShare.map(JSONValue.number) ?? .null,
            "processors": .text(processors?.text), "affinity": .text(affinity?.text),
        ]
    }
}

extension Disk {
    fileprivate var json: JSONValue {
        [
            "path": .string(path), "total_bytes": .count(totalBytes), "free_bytes": .count(freeBytes),
            "file_system": .text(fileSystem), "device": .text(device), "kind": .string(kind.rawValue),
            "read_only": .bool(isReadOnly),
        ]
    }
}

extension Accelerator {
    fileprivate var json: JSONValue {
        [
            "vendor": .string(vendor.rawValue), "index": .whole(index), "name": .text(name), "uuid": .text(uuid),
            "bus": .text(bus), "total_bytes": .count(totalBytes), "free_bytes": .count(freeBytes),
            "driver": .text(driver), "architecture": .text(architecture), "shares_memory": .bool(sharesMemory),
            "partitioning": partitioning.map { partitioning in
                [
                    "on": .bool(partitioning.isOn),
                    "parts": .array(
                        partitioning.parts.map { part in
                            [
                                "index": .whole(part.index), "instance": .count(part.instance),
                                "total_bytes": .count(part.totalBytes), "free_bytes": .count(part.freeBytes),
                            ]
                        }),
                ]
            } ?? .null,
            "processes": .array(
                processes.map { process in
                    [
                        "process_id": .whole(process.processID), "name": .text(process.name),
                        "bytes": .count(process.bytes),
                    ]
                }),
        ]
    }
}

extension JSONValue {
    /// A text, or `null`.
    static func text(_ value: String?) -> JSONValue { value.map(JSONValue.string) ?? .null }
    /// A number, or `null`.
    static func count(_ value: UInt64?) -> JSONValue { value.map { .integer(Int64(clamping: $0)) } ?? .null }
    /// A number, or `null`.
    static func count(_ value: Int?) -> JSONValue { value.map(JSONValue.whole) ?? .null }
}
