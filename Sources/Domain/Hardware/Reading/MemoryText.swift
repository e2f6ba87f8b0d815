/// Reads what the kernel tells of memory.
public enum MemoryText {
    /// What `/proc/meminfo` tells.
    ///
    /// Kernels before 3.14 do not say what is available; then it is `nil`. Sizes that are absurd, and an availability
    /// beyond the total, are left out.
    ///
    /// - Parameter text: the file, or as much as there is of it.
    /// - Returns: what was found.
    public static func memory(meminfo text: String) -> MachineMemory {
        let fields = TextFields(text)
        func bytes(_ name: String) -> UInt64? { fields[name].flatMap { ByteText.bytes($0) } }
        func count(_ name: String) -> UInt64? { fields[name].flatMap { UInt64($0) } }
        var memory = MachineMemory(
            totalBytes: bytes("MemTotal").flatMap { $0 > 0 ? $0 : nil }, availableBytes: bytes("MemAvailable"),
            swapTotalBytes: bytes("SwapTotal"), swapFreeBytes: bytes("SwapFree"))
        if let total = memory.totalBytes, let available = memory.availableBytes, available > total {
            memory.availableBytes = nil
        }
        if let total = count("HugePages_Total"), let free = count("HugePages_Free"), free <= total,
            let size = bytes("Hugepagesize"), size > 0, ByteText.scaled(total, by: size) != nil
        {
            memory.hugePages = MachineMemory.HugePages(total: total, free: free, pageBytes: size)
        }
        return memory
    }

    /// One node of `/sys/devices/system/node`.
    ///
    /// - Parameters:
    ///   - number: of `node<number>`.
    ///   - meminfo: its `meminfo`, whose lines begin with `Node <number> `.
    ///   - processors: its `cpulist`.
    /// - Returns: `nil` when the processors' text is no list.
    public static func node(_ number: Int, meminfo: String, processors: String) -> MemoryNode? {
        guard let set = ProcessorSet(list: processors) else { return nil }
        let lines = meminfo.split(whereSeparator: \.isNewline).compactMap { line -> String? in
            let words = line.split(separator: " ", maxSplits: 2)
            return words.count == 3 && words[0] == "Node" && Int(words[1]) == number ? String(words[2]) : nil
        }
        let fields = TextFields(lines.joined(separator: "\n"))
        return MemoryNode(
            number: number, totalBytes: fields["MemTotal"].flatMap { ByteText.bytes($0) },
            freeBytes: fields["MemFree"].flatMap { ByteText.bytes($0) }, processors: set)
    }

    /// The affinity mask of a process.
    ///
    /// - Parameter text: `/proc/<id>/status`.
    /// - Returns: `nil` when it does not say.
    public static func affinity(status text: String) -> ProcessorSet? {
        let fields = TextFields(text)
        let set =
            fields["Cpus_allowed_list"].flatMap { ProcessorSet(list: $0) }
            ?? fields["Cpus_allowed"].flatMap { ProcessorSet(mask: $0) }
        return set.flatMap { $0.count > 0 ? $0 : nil }
    }
}
