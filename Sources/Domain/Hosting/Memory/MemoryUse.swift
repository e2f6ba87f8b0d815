/// What a process takes of ordinary memory now, as the kernel counts it.
public struct MemoryUse: Sendable, Equatable {
    /// Pages in memory, those that others have mapped too counted in full.
    public var residentBytes: UInt64
    /// The same, with pages that several processes have mapped divided among them: adds up over processes.
    public var proportionalBytes: UInt64
    /// Of the resident ones, those that no file holds.
    public var anonymousBytes: UInt64
    /// What was moved to swap.
    public var swappedBytes: UInt64

    public init(
        residentBytes: UInt64, proportionalBytes: UInt64, anonymousBytes: UInt64 = 0, swappedBytes: UInt64 = 0
    ) {
        self.residentBytes = residentBytes
        self.proportionalBytes = proportionalBytes
        self.anonymousBytes = anonymousBytes
        self.swappedBytes = swappedBytes
    }

    /// Reads `/proc/PID/smaps_rollup`; `nil` when the text is something else, as that of a process without memory.
    ///
    /// Source: proc_pid_smaps_rollup(5); amounts are in kibibytes.
    public init?(smapsRollup text: String) {
        var found: [Substring: UInt64] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", omittingEmptySubsequences: true)
            guard words.count == 3, words[2] == "kB", let count = UInt64(words[1]) else { continue }
            found[words[0]] = count.multipliedOrMax(by: 1_024)
        }
        guard let resident = found["Rss:"], let proportional = found["Pss:"] else { return nil }
        residentBytes = resident
        proportionalBytes = proportional
        anonymousBytes = found["Anonymous:"] ?? 0
        swappedBytes = found["Swap:"] ?? 0
    }

    /// What the process has of its own accord: how many others map the same file does not matter, nor what was moved to swap.
    public var ownBytes: UInt64 { residentBytes.addedOrMax(swappedBytes) }
}

/// What an engine tells of what it has done with its memory, for learning from what its process takes.
public struct EngineMemoryReport: Sendable, Equatable {
    /// Bytes of prefixes that it holds outside the key-value cache.
    public var prefixBytes: UInt64
    /// The most prompt tokens that it has computed in one step.
    public var stepTokensMax: UInt64
    /// The most cells that were in use.
    public var cellsUsedMax: UInt64

    public init(prefixBytes: UInt64, stepTokensMax: UInt64, cellsUsedMax: UInt64) {
        self.prefixBytes = prefixBytes
        self.stepTokensMax = stepTokensMax
        self.cellsUsedMax = cellsUsedMax
    }
}

extension MemoryCorrection {
    /// Learns from a running worker, by what it should take after what it has done so far. One that has computed nothing, and
    /// one that pages of its file were taken from, teach nothing.
    ///
    /// - Parameters:
    ///   - use: what its process takes now.
    ///   - report: what its engine says.
    ///   - shape: the model.
    ///   - request: how the worker was started.
    public mutating func learn(
        _ use: MemoryUse, _ report: EngineMemoryReport, from shape: ModelShape, served request: MemoryRequest
    ) {
        guard report.stepTokensMax > 0 else { return }
        let estimate = MemoryEstimate(of: shape, served: request, after: report)
        let mapped = estimate.hostBytes.saturatingLess(estimate.anonymousBytes)
        let inFiles = use.residentBytes.saturatingLess(use.anonymousBytes)
        guard Double(inFiles) >= Double(mapped) * 0.8 else { return }
        // The tier is as large as the engine says, and not the prediction's to judge.
        learn(
            measured: use.ownBytes.saturatingLess(report.prefixBytes),
            predicted: estimate.hostBytes.saturatingLess(report.prefixBytes))
    }
}
