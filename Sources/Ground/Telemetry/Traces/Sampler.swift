/// Which new traces are recorded. A span with a parent follows its parent.
public enum Sampler: Sendable, Equatable {
    case always
    case never
    /// This share of traces, from 0 to 1, chosen by the trace id, so that every process chooses alike.
    case ratio(Double)

    /// Pure: the same id always gets the same answer, and a larger ratio records all that a smaller one does.
    public func isSampled(_ traceID: TraceID, parent: SpanContext?) -> Bool {
        if let parent { return parent.isSampled }
        switch self {
        case .always: return true
        case .never: return false
        case .ratio(let ratio):
            guard ratio > 0 else { return false }
            return ratio >= 1 || Double(traceID.low >> 11) < ratio * 0x1p53
        }
    }
}
