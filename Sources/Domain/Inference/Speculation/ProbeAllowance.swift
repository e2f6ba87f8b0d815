/// What may be spent on finding out whether the draft model's guesses have become worth something: a small part of the time
/// that steps take, saved up. Pure.
struct ProbeAllowance: Sendable {
    /// The part of all steps' time.
    static let part = 0.01
    /// What is saved at most, in seconds.
    static let savedMax = 10.0

    private(set) var seconds = 0.0

    /// A step was computed.
    mutating func accrue(_ stepSeconds: Double) {
        guard stepSeconds > 0, stepSeconds.isFinite else { return }
        seconds = min(Self.savedMax, seconds + stepSeconds * Self.part)
    }

    /// Whether something of this price may be done.
    func covers(_ price: Double) -> Bool { price <= seconds }

    /// What it did cost; more than was saved is paid back later.
    mutating func spend(_ spent: Double) { if spent > 0, spent.isFinite { seconds -= spent } }
}
