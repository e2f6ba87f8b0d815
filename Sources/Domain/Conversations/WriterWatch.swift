/// Finds out which processes have ended that wrote answers into the same database. Pure: clocks of different machines are
/// never compared, only whether a process has told once more that it is alive since one looked.
public struct WriterWatch: Sendable {
    /// A process that has not told for so long has ended, or stands still: what it wrote is settled.
    public static let silenceMax = Duration.seconds(30)
    /// How often each one tells.
    public static let beatEvery = Duration.seconds(5)

    private struct Sight: Sendable {
        var beat: Int64
        var since: Duration
    }

    private let own: String
    private var sights: [String: Sight] = [:]

    /// - Parameter own: the name of this process, which is alive.
    public init(own: String) { self.own = own }

    /// Looks at what all have told.
    ///
    /// - Parameters:
    ///   - beats: how often each has told that it is alive.
    ///   - now: the time of a clock of this process that never goes back.
    ///   - isGone: whether it is known from elsewhere that one has ended.
    /// - Returns: those that have ended.
    public mutating func ended(
        _ beats: [String: Int64], at now: Duration, isGone: (String) -> Bool
    ) -> [String] {
        sights = sights.filter { beats[$0.key] != nil }
        var ended: [String] = []
        for (writer, beat) in beats where writer != own {
            if isGone(writer) {
                ended.append(writer)
            } else if let sight = sights[writer], sight.beat == beat {
                if now - sight.since > Self.silenceMax { ended.append(writer) }
            } else {
                sights[writer] = Sight(beat: beat, since: now)
            }
        }
        return ended.sorted()
    }
}
