/// Puts blocks one below the other on the pages of a canvas.
struct PDFLayout {
    private static let bodySize = 10.5
    private static let codeSize = 9.0
    private static let indent = 18.0
    private static let gap = 7.0
    /// Bytes of one text that Pango is given at once: longer ones are given in parts, at spaces where there are any.
    private static let partMax = 8 << 10
    /// Bytes of a cell of a table; more are left out.
    private static let cellMax = 2_000
    /// How far blocks may move to the right.
    private static let indentMax = 200.0

    let canvas: PDFCanvas

    private var fullWidth: Double { PDFCanvas.size.width - 2 * PDFCanvas.margin }

    func title(_ title: String, _ remark: String) throws {
        try text(RichText(title), size: 20, left: 0, isBold: true)
        canvas.color(0.45)
        try text(RichText(remark), size: 9, left: 0)
        canvas.color(0)
        canvas.y += Self.gap
    }

    func heading(_ heading: String, _ remark: String) throws {
        try canvas.reserve(60)
        canvas.fill(x: PDFCanvas.margin, y: canvas.y, width: fullWidth, height: 0.7, grey: 0.8)
        canvas.y += Self.gap
        var line = RichText(heading)
        line.mark(.bold, from: 0)
        line.append(remark.isEmpty ? "" : "   \(remark)")
        try text(line, size: 9.5, left: 0)
    }

    /// Draws a block at the left margin.
    func draw(_ block: RichBlock) throws { try draw(block, left: 0) }

    private func draw(_ block: RichBlock, left: Double) throws {
        switch block {
        case .heading(let level, let line):
            let size = [17, 15, 13, 12, 11.5, 11][min(max(level, 1), 6) - 1]
            canvas.y += 3
            try canvas.reserve(size * 3)
            try text(line, size: size, left: left, isBold: true)
        case .paragraph(let line): try text(line, size: Self.bodySize, left: left)
        case .code(let source): try code(source, left: left)
        case .quote(let blocks): try quote(blocks, left: left)
        case .list(let start, let items): try list(start, items, left: left)
        case .table(let rows): try table(rows, left: left)
        case .rule:
            try canvas.reserve(2 * Self.gap)
            canvas.fill(
                x: PDFCanvas.margin + left, y: canvas.y + 3, width: fullWidth - left, height: 0.7, grey: 0.7)
            canvas.y += 2 * Self.gap
        }
    }

    private func inner(_ left: Double) -> Double { min(left + Self.indent, Self.indentMax) }

    // MARK: text

    private func text(_ whole: RichText, size: Double, left: Double, isBold: Bool = false) throws {
        for part in whole.parts(bytesMax: Self.partMax) {
            let shaped = canvas.makeLayout()
            shaped.set(part, size: size, width: fullWidth - left, isBold: isBold)
            try shaped.drawLines(on: canvas, onLink: canvas.link) { _, height in
                try canvas.reserve(height)
                defer { canvas.y += height }
                return (PDFCanvas.margin + left, canvas.y)
            }
        }
        canvas.y += Self.gap
    }

    private func code(_ source: String, left: Double) throws {
        let padding = 5.0
        let (x, width) = (PDFCanvas.margin + left, fullWidth - left)
        var source = source
        if source.hasSuffix("\n") { source.removeLast() }
        for part in RichText(source).parts(bytesMax: Self.partMax) {
            let shaped = canvas.makeLayout()
            shaped.set(part, size: Self.codeSize, width: width - 2 * padding, isCode: true)
            try shaped.drawLines(on: canvas) { _, height in
                try canvas.reserve(height)
                canvas.fill(x: x, y: canvas.y, width: width, height: height + 0.3, grey: 0.95)
                defer { canvas.y += height }
                return (x + padding, canvas.y)
            }
        }
        canvas.y += Self.gap
    }

    // MARK: blocks in blocks

    private func quote(_ blocks: [RichBlock], left: Double) throws {
        for block in blocks {
            let (page, top) = (canvas.page, canvas.y)
            try draw(block, left: inner(left))
            // On the page where it ends; the whole height of it where it began before.
            let start = page == canvas.page ? top : PDFCanvas.margin
            canvas.fill(
                x: PDFCanvas.margin + min(left, Self.indentMax) + 6, y: start, width: 2,
                height: max(0, canvas.y - start - Self.gap), grey: 0.75)
        }
    }

    private func list(_ start: Int?, _ items: [[RichBlock]], left: Double) throws {
        for (index, blocks) in items.enumerated() {
            let mark = start.map { "\($0 &+ index)." } ?? "•"
            try canvas.reserve(Self.bodySize * 1.5)
            let shaped = canvas.makeLayout()
            shaped.set(RichText(mark), size: Self.bodySize, width: Self.indent * 2)
            shaped.drawLines(on: canvas) { line, _ in
                line == 0 ? (PDFCanvas.margin + left + (start == nil ? 5 : 0), canvas.y) : nil
            }
            if blocks.isEmpty { canvas.y += Self.bodySize * 1.4 }
            for block in blocks { try draw(block, left: inner(left)) }
            canvas.y -= Self.gap / 2
        }
        canvas.y += Self.gap / 2
    }

    private func table(_ rows: [[RichText]], left: Double) throws {
        let columns = rows.map(\.count).max() ?? 0
        guard columns > 0 else { return }
        let width = (fullWidth - left) / Double(columns)
        let padding = 4.0
        for (number, row) in rows.enumerated() {
            let cells = row.prefix(columns).map { cell in
                let shaped = canvas.makeLayout()
                let short = cell.parts(bytesMax: Self.cellMax).first ?? RichText()
                shaped.set(short, size: 9, width: width - 2 * padding, isBold: number == 0)
                return shaped
            }
            let height = min((cells.map(\.height).max() ?? 0) + 2 * padding, PDFCanvas.bottom - PDFCanvas.margin)
            try canvas.reserve(height)
            let top = canvas.y
            if number == 0 {
                canvas.fill(x: PDFCanvas.margin + left, y: top, width: fullWidth - left, height: height, grey: 0.93)
            }
            for (place, cell) in cells.enumerated() {
                var y = top + padding
                cell.drawLines(on: canvas, onLink: canvas.link) { _, lineHeight in
                    guard y + lineHeight <= top + height else { return nil }
                    defer { y += lineHeight }
                    return (PDFCanvas.margin + left + Double(place) * width + padding, y)
                }
            }
            canvas.y = top + height
            canvas.fill(
                x: PDFCanvas.margin + left, y: canvas.y, width: fullWidth - left, height: 0.5, grey: 0.7)
        }
        canvas.y += Self.gap
    }
}

extension RichText {
    /// The text in parts of so many bytes at most, between lines or words where that is possible. Marks go with their part.
    func parts(bytesMax: Int) -> [RichText] {
        guard byteCount > bytesMax else { return [self] }
        var parts: [RichText] = []
        let bytes = Array(text.utf8)
        var start = 0
        while start < bytes.count {
            var end = min(bytes.count, start + bytesMax)
            if end < bytes.count {
                let window = bytes[max(start + bytesMax / 2, start + 1)..<end]
                if let line = window.lastIndex(of: UInt8(ascii: "\n")) ?? window.lastIndex(of: UInt8(ascii: " ")) {
                    end = line + 1
                } else {
                    // Not within a character.
                    while end > start + 1, bytes[end] & 0xC0 == 0x80 { end -= 1 }
                }
            }
            parts.append(part(bytes[start..<end]))
            start = end
        }
        return parts
    }

    private func part(_ bytes: ArraySlice<UInt8>) -> RichText {
        var slice = bytes
        // The end of the part is the end of its line already.
        if slice.last == UInt8(ascii: "\n") { slice.removeLast() }
        let range = slice.startIndex..<slice.endIndex
        return RichText(
            String(decoding: slice, as: UTF8.self),
            marks.compactMap { mark in
                let own = mark.bytes.clamped(to: range)
                guard !own.isEmpty else { return nil }
                return Mark(mark.style, (own.lowerBound - range.lowerBound)..<(own.upperBound - range.lowerBound))
            })
    }
}
