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

/// What an engine tells of its memory, for learning from what its process takes.
public struct EngineMemoryReport: Sendable, Equatable {
    /// Bytes of prefixes that it holds outside the key-value cache. They are not the prediction's to judge.
    public var prefixBytes: UInt64
    /// The most prompt tokens that it has computed in one step.
    public var stepTokensMax: UInt64

    public init(prefixBytes: UInt64, stepTokensMax: UInt64) {
        self.prefixBytes = prefixBytes
        self.stepTokensMax = stepTokensMax
    }
}

extension MemoryCorrection {
    /// Learns from a running worker.
    ///
    /// - Parameters:
    ///   - use: what its process takes now.
    ///   - report: what its engine says.
    ///   - estimate: the prediction without correction.
    ///   - request: how the worker was started.
    public mutating func learn(
        _ use: MemoryUse, _ report: EngineMemoryReport, predicted estimate: MemoryEstimate,
        served request: MemoryRequest
    ) {
        let tier = estimate.parts.filter { $0.kind == .prefixCache && $0.device == nil }.reduce(UInt64(0)) {
            $0.addedOrMax($1.bytes)
        }
        // Pages of the file that were dropped, or not read yet, say nothing about the prediction.
        let mapped = estimate.parts.filter { $0.residence == .mapped && $0.device == nil }.reduce(UInt64(0)) {
            $0.addedOrMax($1.bytes)
        }
        let isMapped = Double(use.residentBytes.saturatingLess(use.anonymousBytes)) >= Double(mapped) * 0.8
        let step = min(request.batchTokens, request.microBatchTokens, max(1, estimate.sequenceTokens))
        learn(
            measured: use.ownBytes.saturatingLess(report.prefixBytes),
            predicted: estimate.hostBytes.saturatingLess(tier), isPeak: isMapped && report.stepTokensMax >= step)
    }
}
