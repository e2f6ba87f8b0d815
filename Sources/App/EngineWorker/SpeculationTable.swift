import Inference

/// A comparison as lines of text.
struct SpeculationTable {
    /// The first one is what the others are compared with.
    let figures: [SpeculationComparison.Figures]

    var lines: [String] {
        guard let plain = figures.first else { return [] }
        let head = ["", "tokens/s", "gain", "accepted", "depth", "verified", "same text"]
        let rows = figures.map { row(of: $0, beside: plain) }
        let widths = head.indices.map { column in ([head] + rows).map { $0[column].count }.max() ?? 0 }
        var lines = ([head] + rows).map { row in
            zip(row, widths).enumerated().map { column, cell in
                column == 0 ? cell.0 + Self.blanks(cell.1 - cell.0.count) : Self.blanks(cell.1 - cell.0.count) + cell.0
            }.joined(separator: "  ")
        }
        for figures in figures where figures.totals.draftedTokens > 0 {
            lines.append("\(figures.name): accepted by position \(Self.positions(figures.totals))")
        }
        return lines
    }

    private func row(
        of figures: SpeculationComparison.Figures, beside plain: SpeculationComparison.Figures
    ) -> [String] {
        let totals = figures.totals
        let isPlain = totals.drafts == 0
        let same = zip(figures.texts, plain.texts).count { $0 == $1 }
        return [
            figures.name, Self.number(figures.tokensPerSecond, places: 1),
            plain.tokensPerSecond > 0 ? Self.number(figures.tokensPerSecond / plain.tokensPerSecond, places: 2) : "-",
            isPlain ? "-" : Self.percent(totals.acceptedTokens, of: totals.draftedTokens),
            isPlain ? "-" : Self.number(Double(totals.draftedTokens) / Double(totals.drafts), places: 1),
            String(totals.drafts), "\(same) of \(plain.texts.count)",
        ]
    }

    private static func positions(_ totals: SpeculationLedger.Totals) -> String {
        zip(totals.accepted, totals.drafted).filter { $0.1 > 0 }.prefix(16).map { percent($0.0, of: $0.1) }
            .joined(separator: " ")
    }

    private static func percent(_ part: Int, of whole: Int) -> String {
        whole > 0 ? "\(Int((100 * Double(part) / Double(whole)).rounded()))%" : "-"
    }

    /// With so many decimal places.
    private static func number(_ value: Double, places: Int) -> String {
        let unit = places == 1 ? 10.0 : 100.0
        let scaled = Int((value * unit).rounded())
        let rest = String(scaled % Int(unit))
        return "\(scaled / Int(unit)).\(blanks(places - rest.count, of: "0"))\(rest)"
    }

    private static func blanks(_ count: Int, of character: Character = " ") -> String {
        String(repeating: character, count: max(0, count))
    }
}
