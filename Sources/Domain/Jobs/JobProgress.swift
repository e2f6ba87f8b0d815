/// How far a job is.
public struct JobProgress: Sendable, Equatable {
    /// Units that are done.
    public var done: Int64
    /// Units in all; `nil` when that is not known.
    public var total: Int64?
    /// What is counted: `bytes`, `tensors`, `chunks`.
    public var unit: String
    /// What is being done, for people: `quantising blk.3.ffn_up.weight`.
    public var stage: String

    public init(done: Int64 = 0, total: Int64? = nil, unit: String = "", stage: String = "") {
        self.done = done
        self.total = total
        self.unit = unit
        self.stage = stage
    }

    /// From 0 to 1; `nil` without a total.
    public var fraction: Double? {
        guard let total, total > 0 else { return nil }
        return min(1, max(0, Double(done) / Double(total)))
    }
}

/// The last lines that a job wrote, bounded in number and length.
public struct JobLog: Sendable, Equatable {
    /// Lines kept; older ones go.
    public static let linesMax = 200
    /// Characters of a line kept.
    public static let lineCharactersMax = 500

    public private(set) var lines: [String]

    public init(lines: [String] = []) { self.lines = Array(lines.suffix(Self.linesMax)) }

    public mutating func append(_ line: String) {
        if lines.count >= Self.linesMax { lines.removeFirst(lines.count - Self.linesMax + 1) }
        lines.append(String(line.prefix(Self.lineCharactersMax)))
    }
}
