/// A `ThreadPolicy` for narrow steps and one for wide ones. Pure.
///
/// A step of few rows reads the whole model for little computing: memory decides, and one thread may be as fast as all. A
/// step of many rows computes, and wants every core; what was learned from one says nothing about the other.
struct ThreadPolicies: Sendable, Equatable {
    /// Steps of so many rows are wide.
    static let wideRows = 8

    private(set) var narrow: ThreadPolicy
    private(set) var wide: ThreadPolicy

    init(most: Int) {
        narrow = ThreadPolicy(most: most)
        wide = ThreadPolicy(most: most)
    }

    /// How many threads the next step is to have.
    ///
    /// - Parameter rows: of the step, all sequences together.
    /// - Returns: at least 1.
    func next(rows: Int) -> Int { rows < Self.wideRows ? narrow.next : wide.next }

    /// Learns from a step.
    ///
    /// - Parameters:
    ///   - ratio: the measured duration by the predicted one; any positive number.
    ///   - rows: of the step, all sequences together.
    ///   - share: the part of the step in which the engine's thread had a core, where that is known.
    mutating func observed(ratio: Double, rows: Int, share: Double = 0) {
        if rows < Self.wideRows {
            narrow.observed(ratio: ratio, share: share)
        } else {
            wide.observed(ratio: ratio, share: share)
        }
    }
}
