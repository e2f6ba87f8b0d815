import CPango

/// Text in lines, shaped by Pango: scripts from right to left, ligatures and fonts for every script come with it.
///
/// Source: <https://docs.gtk.org/Pango/class.Layout.html>. Not `Sendable`: confined to the thread of its canvas.
@safe
final class PangoText {
    static let family = "DejaVu Sans, Noto Sans, Noto Sans CJK SC, sans-serif"
    static let codeFamily = "DejaVu Sans Mono, Noto Sans Mono, Noto Sans Mono CJK SC, monospace"

    private let layout: OpaquePointer
    private let pango: OpaquePointer
    private var links: [RichText.Mark] = []

    @unsafe
    init(_ fonts: UnsafeMutablePointer<PangoFontMap>) {
        guard let pango = unsafe pango_font_map_create_context(fonts), let layout = unsafe pango_layout_new(pango)
        else {
            preconditionFailure("GLib ends the process where there is no memory")
        }
        unsafe self.pango = pango
        unsafe self.layout = layout
        unsafe pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR)
        unsafe pango_layout_set_auto_dir(layout, 1)
    }

    deinit {
        unsafe g_object_unref(UnsafeMutableRawPointer(layout))
        unsafe g_object_unref(UnsafeMutableRawPointer(pango))
    }

    /// Takes a text.
    ///
    /// - Parameters:
    ///   - text: with its marks.
    ///   - size: of the letters, in points.
    ///   - width: of a line, in points.
    ///   - isBold: all of it.
    ///   - isCode: all of it in letters of one width.
    func set(_ text: RichText, size: Double, width: Double, isBold: Bool = false, isCode: Bool = false) {
        let font = unsafe pango_font_description_from_string(isCode ? Self.codeFamily : Self.family)
        unsafe pango_font_description_set_absolute_size(font, size * Double(PANGO_SCALE))
        if isBold { unsafe pango_font_description_set_weight(font, PANGO_WEIGHT_BOLD) }
        unsafe pango_layout_set_font_description(layout, font)
        unsafe pango_font_description_free(font)
        unsafe pango_layout_set_width(layout, Int32(max(1, width) * Double(PANGO_SCALE)))
        let attributes = unsafe pango_attr_list_new()
        for mark in text.marks { unsafe insert(mark, into: attributes) }
        unsafe pango_layout_set_attributes(layout, attributes)
        unsafe pango_attr_list_unref(attributes)
        unsafe pango_layout_set_text(layout, text.text, Int32(text.byteCount))
        links = text.marks.filter { if case .link = $0.style { true } else { false } }
    }

    private func insert(_ mark: RichText.Mark, into list: OpaquePointer?) {
        func add(_ attribute: UnsafeMutablePointer<PangoAttribute>?) {
            guard let attribute = unsafe attribute else { return }
            unsafe attribute.pointee.start_index = UInt32(mark.bytes.lowerBound)
            unsafe attribute.pointee.end_index = UInt32(mark.bytes.upperBound)
            unsafe pango_attr_list_insert(list, attribute)
        }
        switch mark.style {
        case .bold: unsafe add(pango_attr_weight_new(PANGO_WEIGHT_BOLD))
        case .italic: unsafe add(pango_attr_style_new(PANGO_STYLE_ITALIC))
        case .struck: unsafe add(pango_attr_strikethrough_new(1))
        case .code:
            let font = unsafe pango_font_description_from_string(Self.codeFamily)
            unsafe add(pango_attr_font_desc_new(font))
            unsafe pango_font_description_free(font)
        case .link:
            unsafe add(pango_attr_foreground_new(0x1000, 0x4000, 0xA000))
            unsafe add(pango_attr_underline_new(PANGO_UNDERLINE_SINGLE))
        }
    }

    /// Of all lines, in points.
    var height: Double {
        var rectangle = PangoRectangle()
        unsafe pango_layout_get_extents(layout, nil, &rectangle)
        return Double(rectangle.height) / Double(PANGO_SCALE)
    }

    /// Of the widest line, in points.
    var width: Double {
        var rectangle = PangoRectangle()
        unsafe pango_layout_get_extents(layout, nil, &rectangle)
        return Double(rectangle.width) / Double(PANGO_SCALE)
    }

    /// Draws line by line.
    ///
    /// - Parameters:
    ///   - canvas: whose page it is.
    ///   - onLink: told the place of each part of a line that is a link.
    ///   - place: told the number of a line and its height; gives the left and upper end of it, or `nil` to draw no more.
    /// - Throws: what `place` throws.
    func drawLines(
        on canvas: PDFCanvas, onLink: (Double, Double, Double, Double, String) -> Void = { _, _, _, _, _ in },
        at place: (Int, Double) throws -> (x: Double, y: Double)?
    ) rethrows {
        guard let iterator = unsafe pango_layout_get_iter(layout) else { return }
        defer { unsafe pango_layout_iter_free(iterator) }
        let scale = Double(PANGO_SCALE)
        var index = 0
        repeat {
            var logical = PangoRectangle()
            unsafe pango_layout_iter_get_line_extents(iterator, nil, &logical)
            let height = Double(logical.height) / scale
            guard let (x, y) = try place(index, height) else { return }
            let baseline = unsafe pango_layout_iter_get_baseline(iterator)
            unsafe cairo_move_to(
                canvas.context, x + Double(logical.x) / scale, y + Double(baseline - logical.y) / scale)
            let line = unsafe pango_layout_iter_get_line_readonly(iterator)
            unsafe pango_cairo_show_layout_line(canvas.context, line)
            for mark in links {
                guard case .link(let address) = mark.style else { continue }
                unsafe ranges(of: mark.bytes, in: line) { start, end in
                    onLink(x + start, y, end - start, height, address)
                }
            }
            index += 1
        } while unsafe pango_layout_iter_next_line(iterator) != 0
    }

    /// Where bytes of the text stand in a line, in points from its left end.
    private func ranges(
        of bytes: Range<Int>, in line: UnsafeMutablePointer<PangoLayoutLine>?, _ body: (Double, Double) -> Void
    ) {
        guard let line = unsafe line else { return }
        let start = Int(unsafe line.pointee.start_index)
        let end = start + Int(unsafe line.pointee.length)
        let part = bytes.clamped(to: start..<max(start, end))
        guard !part.isEmpty else { return }
        var found: UnsafeMutablePointer<Int32>?
        var count: Int32 = 0
        unsafe pango_layout_line_get_x_ranges(line, Int32(part.lowerBound), Int32(part.upperBound), &found, &count)
        guard let found = unsafe found else { return }
        defer { unsafe g_free(found) }
        for pair in 0..<Int(count) {
            unsafe body(
                Double(found[2 * pair]) / Double(PANGO_SCALE), Double(found[2 * pair + 1]) / Double(PANGO_SCALE))
        }
    }
}
