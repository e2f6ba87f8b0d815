import Synchronization

/// All metrics of a process. Asking again for a metric of the same name and shape gives the same one; asking for another
/// shape under a name that is taken is a programming error.
public final class MetricsRegistry: Sendable {
    /// Series per metric when nothing else is said.
    public static let seriesCountMax = 200

    private let families = Mutex<[String: Family]>([:])

    struct Family: Sendable {
        let name: String
        let help: String
        let labels: [String]
        let values: Values
    }

    enum Values: Sendable {
        case counter(MetricFamily<Counter>)
        case gauge(MetricFamily<Gauge>)
        case histogram(MetricFamily<Histogram>, HistogramBuckets)
        case reading(@Sendable () -> [GaugeReading])
    }

    public init() {}

    public func counter(_ name: String, help: String) -> Counter { counter(name, help: help, labels: []).with() }
    public func gauge(_ name: String, help: String) -> Gauge { gauge(name, help: help, labels: []).with() }

    public func histogram(_ name: String, help: String, buckets: HistogramBuckets) -> Histogram {
        histogram(name, help: help, labels: [], buckets: buckets).with()
    }

    /// Counters of one name, which must end in `_total`.
    public func counter(
        _ name: String, help: String, labels: [String], seriesCountMax: Int = seriesCountMax
    ) -> MetricFamily<Counter> {
        precondition(name.hasSuffix("_total"), "\(name): a counter's name ends in _total")
        let made = MetricFamily(labels: labels, seriesCountMax: seriesCountMax) { Counter() }
        guard case .counter(let family) = register(name, help, labels, .counter(made)) else {
            preconditionFailure("\(name) is no counter")
        }
        return family
    }

    public func gauge(
        _ name: String, help: String, labels: [String], seriesCountMax: Int = seriesCountMax
    ) -> MetricFamily<Gauge> {
        let made = MetricFamily(labels: labels, seriesCountMax: seriesCountMax) { Gauge() }
        guard case .gauge(let family) = register(name, help, labels, .gauge(made)) else {
            preconditionFailure("\(name) is no gauge")
        }
        return family
    }

    public func histogram(
        _ name: String, help: String, labels: [String], buckets: HistogramBuckets, seriesCountMax: Int = seriesCountMax
    ) -> MetricFamily<Histogram> {
        let made = MetricFamily(labels: labels, seriesCountMax: seriesCountMax) { Histogram(buckets) }
        guard case .histogram(let family, buckets) = register(name, help, labels, .histogram(made, buckets)) else {
            preconditionFailure("\(name) is no histogram with these buckets")
        }
        return family
    }

    /// A gauge that is read when somebody looks. `read` may be called on any thread, without any lock held; it should be
    /// quick. Of readings with the same label values the first counts, beyond `seriesCountMax` the rest is left out.
    public func gauge(
        _ name: String, help: String, labels: [String] = [], reading read: @escaping @Sendable () -> [GaugeReading]
    ) {
        guard case .reading = register(name, help, labels, .reading(read)) else {
            preconditionFailure("\(name) is no gauge that is read")
        }
    }

    private func register(_ name: String, _ help: String, _ labels: [String], _ values: Values) -> Values {
        precondition(isMetricName(name), "\(name) is no name of a metric")
        precondition(labels.allSatisfy(isLabelName) && Set(labels).count == labels.count, "labels of \(name)")
        return families.withLock { families in
            if let known = families[name] {
                precondition(known.labels == labels, "\(name) has other labels")
                return known.values
            }
            families[name] = Family(name: name, help: help, labels: labels, values: values)
            return values
        }
    }

    /// The families in the order of their names.
    var sortedFamilies: [Family] { families.withLock { Array($0.values) }.sorted { $0.name < $1.name } }
}

/// What a gauge that is read says: label values in the order of the labels, and a number.
public struct GaugeReading: Sendable, Equatable {
    public let labels: [String]
    public let value: Double

    public init(_ value: Double, labels: [String] = []) {
        self.labels = labels
        self.value = value
    }
}

/// `[a-zA-Z_:][a-zA-Z0-9_:]*`
private func isMetricName(_ name: String) -> Bool { isName(name, extra: ":") }

/// `[a-zA-Z_][a-zA-Z0-9_]*`, not the reserved `__…` and not `le`, which histograms use.
private func isLabelName(_ name: String) -> Bool { isName(name, extra: "_") && !name.hasPrefix("__") && name != "le" }

private func isName(_ name: String, extra: Unicode.Scalar) -> Bool {
    guard let first = name.unicodeScalars.first, !("0"..."9").contains(first) else { return false }
    return name.unicodeScalars.allSatisfy { scalar in
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar) || scalar == "_"
            || scalar == extra
    }
}
