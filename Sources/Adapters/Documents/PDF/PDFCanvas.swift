import CPango

/// The pages of a PDF in memory, by Cairo. Confined to the thread that made it.
///
/// Source: <https://www.cairographics.org/manual/cairo-PDF-Surfaces.html>.
@safe
final class PDFCanvas {
    /// A4 in points.
    static let size = (width: 595.0, height: 842.0)
    static let margin = 56.0
    private static let footSize = 8.0

    /// What Cairo has written.
    private final class Output {
        var bytes: [UInt8] = []
        var isTooLarge = false
    }

    let context: OpaquePointer
    private let surface: OpaquePointer
    /// Fonts of this document alone: Pango's default is one for each thread, and threads end.
    private let fonts: UnsafeMutablePointer<PangoFontMap>
    private let output: Output
    private let pagesMax: Int
    private let title: String
    private(set) var page = 1
    /// From the top of the page, in points.
    var y = PDFCanvas.margin
    private var isFinished = false

    static var bottom: Double { size.height - margin }

    init(title: String, created: String, pagesMax: Int) throws(DocumentError) {
        output = Output()
        self.pagesMax = pagesMax
        self.title = title
        // The surface calls back until it is finished, and this object keeps the output until then.
        let target = unsafe Unmanaged.passUnretained(output).toOpaque()
        guard
            let surface = unsafe cairo_pdf_surface_create_for_stream(
                { target, bytes, count in unsafe PDFCanvas.take(target, bytes, count) }, target, Self.size.width,
                Self.size.height),
            let context = unsafe cairo_create(surface), let fonts = unsafe pango_cairo_font_map_new()
        else { throw DocumentError.failed("no memory") }
        unsafe self.surface = surface
        unsafe self.context = context
        unsafe self.fonts = fonts
        unsafe cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, title)
        unsafe cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, created)
        unsafe cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "Llama Nexus")
    }

    deinit {
        unsafe cairo_destroy(context)
        unsafe cairo_surface_finish(surface)
        unsafe cairo_surface_destroy(surface)
        unsafe g_object_unref(fonts)
    }

    private static func take(
        _ target: UnsafeMutableRawPointer?, _ bytes: UnsafePointer<UInt8>?, _ count: UInt32
    ) -> cairo_status_t {
        guard let target = unsafe target, let bytes = unsafe bytes else { return CAIRO_STATUS_WRITE_ERROR }
        let output = unsafe Unmanaged<Output>.fromOpaque(target).takeUnretainedValue()
        guard output.bytes.count + Int(count) <= PDFDocument.bytesMax else {
            output.isTooLarge = true
            return CAIRO_STATUS_WRITE_ERROR
        }
        unsafe output.bytes.append(contentsOf: UnsafeBufferPointer(start: bytes, count: Int(count)))
        return CAIRO_STATUS_SUCCESS
    }

    /// A layout for text in the fonts of this document.
    func makeLayout() -> PangoText { unsafe PangoText(fonts) }

    // MARK: pages

    /// Begins a new page where so much does not fit below.
    func reserve(_ height: Double) throws(DocumentError) {
        if y + height > Self.bottom, y > Self.margin { try nextPage() }
    }

    func nextPage() throws(DocumentError) {
        try check()
        guard page < pagesMax else { throw DocumentError.tooManyPages(max: pagesMax) }
        foot()
        unsafe cairo_show_page(context)
        page += 1
        y = Self.margin
    }

    /// The number of the page and the title.
    private func foot() {
        let text = makeLayout()
        text.set(
            RichText("\u{2068}\(title.prefix(80))\u{2069} · \(page)"), size: Self.footSize,
            width: Self.size.width - 2 * Self.margin)
        color(0.45)
        text.drawLines(on: self) { index, height in
            index == 0 ? (Self.margin, Self.size.height - Self.margin / 2 - height) : nil
        }
        color(0)
    }

    /// The file.
    func finish() throws(DocumentError) -> [UInt8] {
        foot()
        unsafe cairo_show_page(context)
        unsafe cairo_surface_finish(surface)
        try check()
        return output.bytes
    }

    private func check() throws(DocumentError) {
        if output.isTooLarge { throw DocumentError.tooManyBytes(max: PDFDocument.bytesMax) }
        for status in unsafe [cairo_status(context), cairo_surface_status(surface)] where status != CAIRO_STATUS_SUCCESS
        {
            let words = unsafe cairo_status_to_string(status)
            throw DocumentError.failed(unsafe words.map { unsafe String(cString: $0) } ?? "unknown")
        }
    }

    // MARK: drawing

    /// A grey, 0 is black.
    func color(_ grey: Double) { unsafe cairo_set_source_rgb(context, grey, grey, grey) }

    func fill(x: Double, y: Double, width: Double, height: Double, grey: Double) {
        color(grey)
        unsafe cairo_rectangle(context, x, y, width, height)
        unsafe cairo_fill(context)
        color(0)
    }

    /// Makes a place of the page lead to an address. Only addresses of the web and of mail do.
    func link(x: Double, y: Double, width: Double, height: Double, to address: String) {
        guard ["https://", "http://", "mailto:"].contains(where: { address.hasPrefix($0) }),
            address.utf8.count <= 2048,
            address.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "'") && $0 != UInt8(ascii: "\\") })
        else { return }
        unsafe cairo_tag_begin(context, "Link", "rect=[\(x) \(y) \(width) \(height)] uri='\(address)'")
        unsafe cairo_tag_end(context, "Link")
    }
}
