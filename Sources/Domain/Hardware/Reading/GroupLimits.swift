/// What the files of one control group say. Absent is no limit.
public struct GroupLimits: Sendable, Equatable {
    public var memoryMaxBytes: UInt64?
    public var memoryHighBytes: UInt64?
    /// Without pages of files that nobody uses at the moment.
    public var memoryUsedBytes: UInt64?
    public var swapMaxBytes: UInt64?
    public var processorShare: Double?
    public var processors: ProcessorSet?

    public init(
        memoryMaxBytes: UInt64? = nil, memoryHighBytes: UInt64? = nil, memoryUsedBytes: UInt64? = nil,
        swapMaxBytes: UInt64? = nil, processorShare: Double? = nil, processors: ProcessorSet? = nil
    ) {
        self.memoryMaxBytes = memoryMaxBytes
        self.memoryHighBytes = memoryHighBytes
        self.memoryUsedBytes = memoryUsedBytes
        self.swapMaxBytes = swapMaxBytes
        self.processorShare = processorShare
        self.processors = processors
    }

    /// The files of a group that count for a controller.
    public static func names(version: Int, _ controller: ControlGroups.Controller) -> [String] {
        switch (version, controller) {
        case (2, .memory): ["memory.max", "memory.high", "memory.current", "memory.swap.max", "memory.stat"]
        case (2, .cpu): ["cpu.max"]
        case (2, .cpuset): ["cpuset.cpus.effective"]
        case (_, .memory): ["memory.limit_in_bytes", "memory.usage_in_bytes", "memory.stat"]
        case (_, .cpu): ["cpu.cfs_quota_us", "cpu.cfs_period_us"]
        case (_, .cpuset): ["cpuset.effective_cpus", "cpuset.cpus"]
        }
    }

    /// Reads the files of a group. What is damaged counts as no limit.
    ///
    /// - Parameter files: texts by the names of `names`; those that are not there are left out.
    public init(files: [String: String]) {
        memoryMaxBytes = (files["memory.max"] ?? files["memory.limit_in_bytes"]).flatMap(Self.limit)
        memoryHighBytes = files["memory.high"].flatMap(Self.limit)
        swapMaxBytes = files["memory.swap.max"].flatMap(Self.limit)
        if let text = files["memory.current"] ?? files["memory.usage_in_bytes"], let used = UInt64(text.trimmed) {
            let idle = files["memory.stat"].flatMap(Self.idleFileBytes) ?? 0
            memoryUsedBytes = used - min(used, idle)
        }
        if let text = files["cpu.max"] {
            let words = text.split(whereSeparator: \.isWhitespace)
            if words.count == 2 { processorShare = Self.share(quota: words[0], period: words[1]) }
        } else if let quota = files["cpu.cfs_quota_us"], let period = files["cpu.cfs_period_us"] {
            processorShare = Self.share(quota: quota.trimmed[...], period: period.trimmed[...])
        }
        let lists = ["cpuset.cpus.effective", "cpuset.effective_cpus", "cpuset.cpus"].compactMap { files[$0] }
        processors = lists.compactMap { ProcessorSet(list: $0) }.first { $0.count > 0 }
    }

    /// `max`, a negative number and the largest number of pages mean none.
    private static func limit(_ text: String) -> UInt64? {
        guard let bytes = UInt64(text.trimmed), bytes < ByteText.bytesMax else { return nil }
        return bytes
    }

    /// Of `memory.stat`: pages of files that are first to go. Version 1 has a line for the groups below, too.
    private static func idleFileBytes(_ text: String) -> UInt64? {
        let lines = text.split(whereSeparator: \.isNewline).map { $0.split(separator: " ") }
        func value(_ name: String) -> UInt64? {
            lines.first { $0.count == 2 && $0[0] == name }.flatMap { UInt64($0[1]) }
        }
        return value("total_inactive_file") ?? value("inactive_file")
    }

    private static func share(quota: Substring, period: Substring) -> Double? {
        guard let quota = Double(quota), let period = Double(period), quota > 0, period > 0 else { return nil }
        let share = quota / period
        return share.isFinite && share <= Double(ProcessorSet.numberMax) ? share : nil
    }
}

extension ResourceLimits {
    /// The tightest of what all groups of a process say.
    ///
    /// - Parameters:
    ///   - groups: each with its folder.
    ///   - versions: of the hierarchies that were found.
    ///   - affinity: of the process itself.
    public init(groups: [(folder: String, limits: GroupLimits)], versions: [Int], affinity: ProcessorSet?) {
        self.init(versions: Set(versions).sorted(), affinity: affinity)
        func least<Value: Comparable>(_ values: [Value?]) -> Value? { values.compactMap(\.self).min() }
        memoryMaxBytes = least(groups.map(\.limits.memoryMaxBytes))
        memoryHighBytes = least(groups.map(\.limits.memoryHighBytes))
        swapMaxBytes = least(groups.map(\.limits.swapMaxBytes))
        processorShare = least(groups.map(\.limits.processorShare))
        memorySetBy =
            groups.first { $0.limits.memoryMaxBytes != nil && $0.limits.memoryMaxBytes == memoryMaxBytes }?
            .folder
        memoryLeftBytes = least(
            groups.map { group -> UInt64? in
                guard let max = least([group.limits.memoryMaxBytes, group.limits.memoryHighBytes]),
                    let used = group.limits.memoryUsedBytes
                else { return nil }
                return max - min(max, used)
            })
        processors = groups.compactMap(\.limits.processors).min { $0.count < $1.count }
    }
}
