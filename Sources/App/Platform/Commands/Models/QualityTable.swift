import Foundation
import JSONText
import Launch

/// What a measurement found, for people: the model beside the one that it was compared with.
enum QualityTable {
    static func text(_ report: JSONValue, for output: StandardStream) -> String {
        let (base, model) = (report["base"], report["model"])
        var table =
            base == nil
            ? TextTable(.left(""), .right("MODEL"))
            : TextTable(.left(""), .right("BEFORE"), .right("AFTER"))
        func add(_ title: String, _ show: (JSONValue) -> String?) {
            table.add([.init(title)] + [base, model].compactMap(\.self).map { .init(show($0) ?? "") })
        }
        add("type") { $0["type"]?.string }
        add("size") { $0["bytes"]?.integer.map { PlainText.bytes($0) } }
        add("bits per weight") { $0["bits_per_weight"]?.double.map { rounded($0, 2) } }
        add("perplexity") { side in
            guard let value = side["perplexity"]?.double else { return nil }
            return rounded(value, 4) + (side["perplexity_error"]?.double.map { " ± \(rounded($0, 4))" } ?? "")
        }
        add("prompt tokens/s") { $0["prompt_tokens_per_second"]?.double.map { rounded($0, 1) } }
        add("tokens/s") { $0["tokens_per_second"]?.double.map { rounded($0, 1) } }
        var text = table.text(for: output)
        if let divergence = report["divergence"] {
            func nats(_ key: String) -> String { divergence[key]?.double.map { rounded($0, 6) } ?? "?" }
            let same = divergence["same_likeliest"]?.double.map { rounded($0 * 100, 2) + " %" } ?? "?"
            text +=
                "\nKL divergence \(nats("mean_nats")) nats on average, 99 % below \(nats("quantile_99_nats")), "
                + "at most \(nats("largest_nats")).\nThe likeliest token is the same at \(same) of the places.\n"
        }
        text +=
            "\(report["scored"]?.integer ?? 0) tokens of \(PlainText.safe(report["text"]?.string ?? "the text")) were foretold.\n"
        return text
    }

    /// A number with so many digits behind the point.
    static func rounded(_ value: Double, _ digits: Int) -> String {
        guard value.isFinite else { return "?" }
        let scaled = min((abs(value) * pow(10, Double(digits))).rounded(), 9e15)
        let text = String(Int64(scaled))
        let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
        let sign = value < 0 ? "-" : ""
        return digits > 0 ? "\(sign)\(padded.dropLast(digits)).\(padded.suffix(digits))" : sign + padded
    }
}
