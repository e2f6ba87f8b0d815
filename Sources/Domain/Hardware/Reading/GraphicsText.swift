/// Reads what the kernel tells of graphics cards: `/sys/class/drm/card*`, and the device tree of Apple's chips.
public enum GraphicsText {
    /// The files of one card that count.
    public static let names = [
        "device/vendor", "device/device", "device/uevent", "device/mem_info_vram_total", "device/mem_info_vram_used",
        "device/product_name", "lmem_total_bytes",
    ]

    /// One card.
    ///
    /// Integrated chips of AMD report the memory that the firmware set aside for them, often 512 MiB; they can use the
    /// machine's memory besides.
    ///
    /// - Parameters:
    ///   - index: of `card<index>`.
    ///   - files: texts by the names of `names`; those that are not there are left out.
    /// - Returns: `nil` when it says neither a vendor that is known nor Apple's driver.
    public static func accelerator(_ index: Int, files: [String: String]) -> Accelerator? {
        let lines = (files["device/uevent"] ?? "").split(whereSeparator: \.isNewline)
        func event(_ key: String) -> String? {
            lines.first { $0.hasPrefix(key + "=") }.map { $0.dropFirst(key.count + 1).trimmed }
        }
        let driver = event("DRIVER")
        let vendor: Accelerator.Vendor
        switch (files["device/vendor"]?.trimmed.lowercased(), driver) {
        case ("0x10de", _): vendor = .nvidia
        case ("0x1002", _): vendor = .amd
        case ("0x8086", _): vendor = .intel
        case (_, "asahi"), (_, "apple-drm"): vendor = .apple
        default: return nil
        }
        let total = (files["device/mem_info_vram_total"] ?? files["lmem_total_bytes"]).flatMap { ByteText.bytes($0) }
        let used = files["device/mem_info_vram_used"].flatMap { ByteText.bytes($0) }
        let chip = files["device/device"].map { "PCI device \($0.trimmed)" }
        return Accelerator(
            vendor: vendor, index: index,
            name: files["device/product_name"].map(\.trimmed).flatMap { $0.isEmpty ? nil : $0 } ?? chip,
            bus: event("PCI_SLOT_NAME"), totalBytes: total,
            freeBytes: total.flatMap { total in used.flatMap { $0 <= total ? total - $0 : nil } }, driver: driver,
            sharesMemory: vendor == .apple || (vendor == .intel && total == nil))
    }

    /// Apple's chip under Linux, from `/proc/device-tree/compatible`, whose words are parted by zero bytes.
    ///
    /// - Returns: `nil` on other machines.
    public static func appleChip(compatible text: String) -> String? {
        let names = [
            "t8103": "Apple M1", "t6000": "Apple M1 Pro", "t6001": "Apple M1 Max", "t6002": "Apple M1 Ultra",
            "t8112": "Apple M2", "t6020": "Apple M2 Pro", "t6021": "Apple M2 Max", "t6022": "Apple M2 Ultra",
        ]
        let words = text.split { $0 == "\0" || $0.isWhitespace }
        return words.filter { $0.hasPrefix("apple,t") }.compactMap { names[String($0.dropFirst(6))] }.first
    }
}
