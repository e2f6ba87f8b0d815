/// Reads what `nvidia-smi` writes.
///
/// Source: `nvidia-smi --help-query-gpu` and NVIDIA's manual of nvidia-smi(1).
public enum NvidiaText {
    /// What to ask for, in an order that drivers since 510 know.
    public static let fields = [
        "index", "uuid", "name", "pci.bus_id", "memory.total", "memory.free", "driver_version", "compute_cap",
        "mig.mode.current",
    ]
    /// The arguments of the question whose answer `accelerators(table:)` reads.
    public static let tableArguments = ["--query-gpu=" + fields.joined(separator: ","), "--format=csv"]
    /// The arguments of the question whose answer `NvidiaReport` reads.
    public static let reportArguments = ["-q", "-x"]

    /// GPUs of the table of `--query-gpu`, with its head line.
    ///
    /// The columns may stand in any order, with units in the head or behind the numbers, or without any (`nounits`,
    /// when the head names them). Lines of another width are left out.
    ///
    /// - Parameter text: what the tool wrote.
    /// - Returns: `nil` when there is no head line with at least `name` or `memory.total`.
    public static func accelerators(table text: String) -> [Accelerator]? {
        let lines = text.split(whereSeparator: \.isNewline).map { line in
            line.split(separator: ",", omittingEmptySubsequences: false).map(\.trimmed)
        }
        guard let start = lines.firstIndex(where: { $0.contains { $0 == "name" || $0.hasPrefix("memory.total") } })
        else { return nil }
        let head = lines[start].map { column in
            let words = column.split(separator: " ")
            return (name: String(words.first ?? ""), unit: unit(words.dropFirst().first))
        }
        return lines[(start + 1)...].filter { $0.count == head.count }.enumerated().map { position, values in
            func value(_ name: String) -> String? {
                guard let column = head.firstIndex(where: { $0.name == name }) else { return nil }
                return known(values[column])
            }
            func bytes(_ name: String) -> UInt64? {
                guard let column = head.firstIndex(where: { $0.name == name }), let text = known(values[column]) else {
                    return nil
                }
                return ByteText.bytes(UInt64(text) == nil ? text : text + " " + (head[column].unit ?? ""))
            }
            let mode = value("mig.mode.current")
            let total = bytes("memory.total")
            return Accelerator(
                vendor: .nvidia, index: value("index").flatMap { Int($0) } ?? position, name: value("name"),
                uuid: value("uuid"), bus: value("pci.bus_id"), totalBytes: total,
                freeBytes: bytes("memory.free").flatMap { free in total.map { free <= $0 } ?? true ? free : nil },
                driver: value("driver_version"), architecture: value("compute_cap"),
                // Grace-Blackwell boards with one memory answer [N/A] for it.
                sharesMemory: total == nil && value("name") != nil && head.contains { $0.name == "memory.total" },
                partitioning: mode.map { Accelerator.Partitioning(isOn: $0 == "Enabled") })
        }
    }

    /// What is wrong, when the tool answered with an error instead.
    ///
    /// - Parameters:
    ///   - text: all that it wrote, both streams.
    ///   - status: its exit status; `nil` when a signal ended it.
    /// - Returns: `nil` when it did not fail, and when it says that there is no GPU (`isEmpty(_:)`).
    public static func failure(_ text: String, status: Int32?) -> HardwareNote? {
        let line = text.split(whereSeparator: \.isNewline).map(\.trimmed).first { !$0.isEmpty } ?? ""
        for (words, hint) in failures where text.contains(words) {
            return HardwareNote(.nvidia, .failed, sentence(line), hint: hint)
        }
        guard status != 0, !isEmpty(text) else { return nil }
        let what = status.map { "exit status \($0)" } ?? "a signal ended it"
        return HardwareNote(
            .nvidia, .failed, "nvidia-smi failed (\(what))" + (line.isEmpty ? "." : ": " + sentence(line)),
            hint: "Run nvidia-smi by hand.")
    }

    /// Whether the tool says that there is no GPU.
    public static func isEmpty(_ text: String) -> Bool { text.contains("No devices were found") }

    /// Whether the tool does not know one of `fields`: a driver from before 510.
    public static func isOld(_ text: String) -> Bool { text.contains("is not a valid field to query") }

    private static let failures = [
        (
            "Driver/library version mismatch",
            "The driver was updated while its old kernel module is still loaded: reboot, or reload the nvidia modules."
        ),
        (
            "couldn't communicate with the NVIDIA driver",
            "Load the kernel module (modprobe nvidia), or install the driver for this kernel."
        ),
        (
            "Insufficient Permissions",
            "Give this user the devices: /dev/nvidiactl and /dev/nvidia0."
        ),
        (
            "GPU is lost",
            "The GPU fell off the bus: look for Xid in the kernel's log, and reset or reboot."
        ),
        (
            "Unable to determine the device handle",
            "The GPU does not answer: look for Xid in the kernel's log, and reset or reboot."
        ),
        ("Failed to initialize NVML", "In a container, start it with access to the GPUs (--gpus all)."),
    ]

    /// A value that the driver gave; `[N/A]`, `[Not Supported]` and the like are none.
    static func known(_ text: some StringProtocol) -> String? {
        let text = text.trimmed
        return text.isEmpty || text.hasPrefix("[") || text == "N/A" ? nil : text
    }

    private static func unit(_ text: Substring?) -> String? { text.map { $0.filter { $0 != "[" && $0 != "]" } } }

    private static func sentence(_ line: String) -> String {
        let text = String(line.prefix(300))
        return text.hasSuffix(".") ? text : text + "."
    }
}
