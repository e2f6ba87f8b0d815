import Synchronization

/// All series of one metric, told apart by the values of its labels. `Series` is `Counter`, `Gauge` or `Histogram`.
///
/// Looking a series up hashes strings under a lock; keep the series that you use often. A family holds at most
/// `seriesCountMax` series: further label values share one whose labels all say `__other__`.
public final class MetricFamily<Series: AnyObject & Sendable>: Sendable {
    public let labels: [String]
    public let seriesCountMax: Int
    private let make: @Sendable () -> any AnyObject & Sendable
    private let state = Mutex(SeriesTable())

    init(labels: [String], seriesCountMax: Int, make: @escaping @Sendable () -> Series) {
        precondition(seriesCountMax > 0, "a family has room for a series")
        self.labels = labels
        self.seriesCountMax = seriesCountMax
        self.make = { make() }
    }

    /// The longest label value in bytes; longer ones are cut, since clients choose some of them.
    public static var labelBytesMax: Int { seriesLabelBytesMax }

    /// The series for label values, in the order of `labels`. A wrong number of values is a programming error.
    public func with(_ values: String...) -> Series { series(values) }

    public func series(_ values: [String]) -> Series {
        precondition(values.count == labels.count, "one value for each label")
        let series = state.withLock { $0.series(values, countMax: seriesCountMax, make: make) }
        // Nothing else is ever in this table: `make` is this family's.
        return unsafeDowncast(series, to: Series.self)
    }

    /// The series in the order of their label values, and the number of look-ups that found no room.
    var snapshot: (series: [(values: [String], series: Series)], overflowCount: UInt64) {
        let (series, overflowCount) = state.withLock { ($0.series, $0.overflowCount) }
        let sorted = series.map { (values: $0.key, series: unsafeDowncast($0.value, to: Series.self)) }
            .sorted { $0.values.lexicographicallyPrecedes($1.values) }
        return (sorted, overflowCount)
    }
}
