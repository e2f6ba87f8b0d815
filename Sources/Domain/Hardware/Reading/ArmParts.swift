/// The names of Arm's cores, which `/proc/cpuinfo` gives as numbers.
///
/// Source: the table of util-linux' `lscpu-arm.c`, from the Technical Reference Manuals' MIDR_EL1.
enum ArmParts {
    private static let arm: [Int: String] = [
        0xd03: "Cortex-A53", 0xd05: "Cortex-A55", 0xd07: "Cortex-A57", 0xd08: "Cortex-A72", 0xd09: "Cortex-A73",
        0xd0a: "Cortex-A75", 0xd0b: "Cortex-A76", 0xd0c: "Neoverse-N1", 0xd0d: "Cortex-A77", 0xd40: "Neoverse-V1",
        0xd41: "Cortex-A78", 0xd44: "Cortex-X1", 0xd47: "Cortex-A710", 0xd48: "Cortex-X2", 0xd49: "Neoverse-N2",
        0xd4d: "Cortex-A715", 0xd4e: "Cortex-X3", 0xd4f: "Neoverse-V2",
    ]
    private static let implementers: [Int: String] = [
        0x41: "ARM", 0x42: "Broadcom", 0x43: "Cavium", 0x46: "Fujitsu", 0x48: "HiSilicon", 0x4e: "NVIDIA",
        0x50: "APM", 0x51: "Qualcomm", 0x53: "Samsung", 0x61: "Apple", 0xc0: "Ampere",
    ]

    /// "ARM Neoverse-N1"; "Ampere, part 0xac3" for one that is not listed here; `nil` without numbers.
    static func name(implementer: String?, part: String?) -> String? {
        guard let implementer = number(implementer), let part = number(part) else { return nil }
        let maker = implementers[implementer] ?? "implementer 0x" + String(implementer, radix: 16)
        if implementer == 0x41, let name = arm[part] { return "\(maker) \(name)" }
        return "\(maker), part 0x" + String(part, radix: 16)
    }

    private static func number(_ text: String?) -> Int? {
        guard let text, text.hasPrefix("0x") else { return nil }
        return Int(text.dropFirst(2), radix: 16)
    }
}
