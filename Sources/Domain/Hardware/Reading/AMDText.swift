import JSONText

/// Reads what AMD's tools write as JSON: `rocm-smi` and its successor `amd-smi`.
///
/// Source: AMD's documentation of ROCm SMI and AMD SMI. Both write warnings in front of the JSON now and then.
public enum AMDText {
    public static let rocmArguments = ["--showproductname", "--showmeminfo", "vram", "--showdriverversion", "--json"]
    public static let staticArguments = ["static", "--asic", "--bus", "--vram", "--driver", "--json"]
    public static let metricArguments = ["metric", "--mem-usage", "--json"]

    /// GPUs of `rocm-smi`'s answer: an object with `card0`, `card1`, … and `system`.
    ///
    /// - Returns: in the order of their numbers; `nil` when it is no such answer.
    public static func accelerators(rocm text: String) -> [Accelerator]? {
        guard let object = json(text)?.object else { return nil }
        let driver = object["system"]?["Driver version"]?.string
        let cards = object.keys.compactMap { key -> Accelerator? in
            guard key.hasPrefix("card"), let index = Int(key.dropFirst(4)), let card = object[key] else { return nil }
            func value(_ names: String...) -> String? {
                names.lazy.compactMap { card[$0]?.string.flatMap(known) }.first
            }
            let total = value("VRAM Total Memory (B)").flatMap { ByteText.bytes($0) }
            let used = value("VRAM Total Used Memory (B)").flatMap { ByteText.bytes($0) }
            return Accelerator(
                vendor: .amd, index: index,
                // Old versions wrote numbers where names belong.
                name: ["Card Series", "Card series", "Device Name", "Card Model", "Card model"].lazy
                    .compactMap { value($0) }.first { !$0.hasPrefix("0x") },
                uuid: value("Unique ID"), bus: value("PCI Bus"), totalBytes: total,
                freeBytes: free(total: total, used: used), driver: driver, architecture: value("GFX Version"))
        }
        return cards.isEmpty ? nil : cards.sorted { $0.index < $1.index }
    }

    /// GPUs of `amd-smi static`, with what is free from `amd-smi metric`.
    ///
    /// - Parameters:
    ///   - text: of `staticArguments`.
    ///   - metrics: of `metricArguments`, when it could be had.
    /// - Returns: in the order of their numbers; `nil` when it is no such answer.
    public static func accelerators(static text: String, metrics: String? = nil) -> [Accelerator]? {
        guard let gpus = list(text) else { return nil }
        let usage = metrics.flatMap(list) ?? []
        let found = gpus.compactMap { gpu -> Accelerator? in
            guard let number = gpu["gpu"]?.integer, let index = Int(exactly: number), index >= 0 else { return nil }
            let memory = usage.first { $0["gpu"]?.integer == number }?["mem_usage"]
            let total = bytes(gpu["vram"]?["size"]) ?? bytes(memory?["total_vram"])
            return Accelerator(
                vendor: .amd, index: index, name: gpu["asic"]?["market_name"]?.string.flatMap(known),
                uuid: gpu["asic"]?["asic_serial"]?.string.flatMap(known),
                bus: gpu["bus"]?["bdf"]?.string.flatMap(known),
                totalBytes: total,
                freeBytes: bytes(memory?["free_vram"]) ?? free(total: total, used: bytes(memory?["used_vram"])),
                driver: gpu["driver"]?["version"]?.string.flatMap(known),
                architecture: gpu["asic"]?["target_graphics_version"]?.string.flatMap(known))
        }
        return found.isEmpty ? nil : found.sorted { $0.index < $1.index }
    }

    /// The list of GPUs; newer versions put it into an object.
    private static func list(_ text: String) -> [JSONValue]? {
        let value = json(text)
        return value?.array ?? value?["gpu_data"]?.array
    }

    /// `{"value": 65520, "unit": "MB"}`, or the number alone, in MB.
    private static func bytes(_ value: JSONValue?) -> UInt64? {
        guard let value else { return nil }
        if let number = value.integer, number >= 0 { return ByteText.scaled(UInt64(number), by: 1 << 20) }
        guard let number = value["value"]?.integer, number >= 0 else { return nil }
        return ByteText.bytes("\(number) \(value["unit"]?.string ?? "MB")")
    }

    private static func free(total: UInt64?, used: UInt64?) -> UInt64? {
        guard let total, let used, used <= total else { return nil }
        return total - used
    }

    private static func known(_ text: String) -> String? {
        let text = text.trimmed
        return text.isEmpty || text == "N/A" ? nil : text
    }

    /// The JSON of a text, without what stands in front of it.
    private static func json(_ text: String) -> JSONValue? {
        let bytes = Array(text.utf8)
        guard let start = bytes.firstIndex(where: { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "[") }) else {
            return nil
        }
        do { return try JSONValue.parse(Array(bytes[start...])) } catch { return nil }
    }
}
