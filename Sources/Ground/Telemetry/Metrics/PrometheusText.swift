extension MetricsRegistry {
    /// The media type of `prometheusText`.
    public static let prometheusMediaType = "text/plain; version=0.0.4; charset=utf-8"

    /// Everything in Prometheus' text format 0.0.4, in the order of names and label values.
    ///
    /// Source: "Exposition formats", prometheus.io. Label values that found no room are counted in
    /// `telemetry_series_overflow_total`.
    public func prometheusText() -> String {
        var text = PrometheusText()
        var overflows: [(name: String, count: UInt64)] = []
        for family in sortedFamilies {
            switch family.values {
            case .counter(let counters):
                text.head(family, "counter")
                let (series, overflow) = counters.snapshot
                for (values, counter) in series { text.sample(family.name, family.labels, values, counter.value) }
                overflows.append((family.name, overflow))
            case .gauge(let gauges):
                text.head(family, "gauge")
                let (series, overflow) = gauges.snapshot
                for (values, gauge) in series { text.sample(family.name, family.labels, values, gauge.value) }
                overflows.append((family.name, overflow))
            case .histogram(let histograms, let buckets):
                text.head(family, "histogram")
                let (series, overflow) = histograms.snapshot
                for (values, histogram) in series { text.histogram(family, values, histogram.value, buckets) }
                overflows.append((family.name, overflow))
            case .reading(let read):
                text.head(family, "gauge")
                for (values, value) in Self.readings(read(), family) {
                    text.sample(family.name, family.labels, values, value)
                }
            }
        }
        text.overflows(overflows.filter { $0.count > 0 })
        return text.text
    }

    private static func readings(_ readings: [GaugeReading], _ family: Family) -> [(key: [String], value: Double)] {
        var first: [[String]: Double] = [:]
        for reading in readings where first[reading.labels] == nil && first.count < seriesCountMax {
            precondition(reading.labels.count == family.labels.count, "\(family.name): one value for each label")
            first[reading.labels] = reading.value
        }
        return first.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    }
}

/// Collects the lines.
private struct PrometheusText {
    private(set) var text = ""

    mutating func head(_ family: MetricsRegistry.Family, _ type: String) { head(family.name, family.help, type) }

    mutating func head(_ name: String, _ help: String, _ type: String) {
        text += "# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) \(type)\n"
    }

    mutating func sample(_ name: String, _ labels: [String], _ values: [String], _ value: Double) {
        text += name
        if !labels.isEmpty {
            let pairs = zip(labels, values).map { "\($0)=\"\(Self.escaped($1))\"" }
            text += "{\(pairs.joined(separator: ","))}"
        }
        text += " \(Self.number(value))\n"
    }

    mutating func histogram(
        _ family: MetricsRegistry.Family, _ values: [String], _ value: HistogramValue, _ buckets: HistogramBuckets
    ) {
        var total: UInt64 = 0
        for (bound, count) in zip(buckets.bounds + [.infinity], value.counts) {
            total += count
            let labels = family.labels + ["le"]
            sample(family.name + "_bucket", labels, values + [Self.number(bound)], Double(total))
        }
        sample(family.name + "_sum", family.labels, values, value.sum)
        sample(family.name + "_count", family.labels, values, Double(total))
    }

    mutating func overflows(_ overflows: [(name: String, count: UInt64)]) {
        guard !overflows.isEmpty else { return }
        let name = "telemetry_series_overflow_total"
        head(name, "Label values that found no room in their metric and were counted under \(otherLabel).", "counter")
        for (metric, count) in overflows { sample(name, ["metric"], [metric], Double(count)) }
    }

    /// Scalar by scalar: Swift's characters would hide a line feed in CR LF and a quote under an accent.
    private static func escaped(_ value: String, quotes: Bool = true) -> String {
        var result = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        if let whole = Int64(exactly: value), abs(whole) < 1 << 53 { return String(whole) }
        return String(value)
    }
}
