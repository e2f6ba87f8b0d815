import Launch

/// Rows under titles, for the terminal; plain text where no person looks.
struct TextTable {
    struct Column {
        let title: String
        var isRight = false

        static func left(_ title: String) -> Column { Column(title: title) }
        static func right(_ title: String) -> Column { Column(title: title, isRight: true) }
    }

    /// A text and how it is coloured.
    struct Cell: ExpressibleByStringLiteral {
        let text: String
        var style: StandardStream.Style?

        init(_ text: String, _ style: StandardStream.Style? = nil) {
            self.text = PlainText.safe(text)
            self.style = style
        }

        init(stringLiteral value: String) { self.init(value) }
    }

    let columns: [Column]
    private(set) var rows: [[Cell]] = []

    init(_ columns: Column...) { self.columns = columns }
    init(_ columns: [Column]) { self.columns = columns }

    /// - Precondition: as many cells as columns.
    mutating func add(_ cells: [Cell]) {
        precondition(cells.count == columns.count, "a row has a cell for each column")
        rows.append(cells)
    }

    /// The table with its line ends.
    ///
    /// - Parameter stream: decides whether there are colours.
    /// - Returns: titles and rows.
    func text(for stream: StandardStream) -> String {
        let widths = columns.indices.map { index in
            max(columns[index].title.count, rows.map { $0[index].text.count }.max() ?? 0)
        }
        let head = line(columns.map { Cell($0.title, .bold) }, widths, stream)
        return ([head] + rows.map { line($0, widths, stream) }).joined(separator: "\n") + "\n"
    }

    private func line(_ cells: [Cell], _ widths: [Int], _ stream: StandardStream) -> String {
        let parts = cells.indices.map { index in
            let cell = cells[index]
            let padding = String(repeating: " ", count: widths[index] - cell.text.count)
            let styled = cell.style.map { stream.styled(cell.text, $0) } ?? cell.text
            if columns[index].isRight { return padding + styled }
            // Nothing hangs behind the last column.
            return index == cells.count - 1 ? styled : styled + padding
        }
        return parts.joined(separator: "  ")
    }
}
