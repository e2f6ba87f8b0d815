/// A document to be written as a PDF.
public struct PDFDocument: Sendable {
    /// A part of the document with a line above it: what somebody said.
    public struct Section: Sendable {
        public var heading: String
        /// Small, beside the heading.
        public var remark: String
        public var blocks: [RichBlock]

        public init(heading: String, remark: String, blocks: [RichBlock]) {
            self.heading = heading
            self.remark = remark
            self.blocks = blocks
        }
    }

    public static let pagesMax = 2_000
    public static let bytesMax = 64 << 20

    public var title: String
    /// Below the title.
    public var remark: String
    /// For the file's own record, as RFC 3339 has it.
    public var created: String
    public var sections: [Section]

    public init(title: String, remark: String, created: String, sections: [Section]) {
        self.title = title
        self.remark = remark
        self.created = created
        self.sections = sections
    }

    /// Writes it. Blocks its thread, for seconds where there are hundreds of pages.
    ///
    /// - Parameters:
    ///   - pagesMax: pages at most.
    ///   - isCancelled: asked between blocks; when it is, what was written is thrown away.
    /// - Returns: the file.
    /// - Throws: ``DocumentError``; `CancellationError`.
    public func write(
        pagesMax: Int = pagesMax, isCancelled: () -> Bool = { false }
    ) throws -> [UInt8] {
        let canvas = try PDFCanvas(title: title, created: created, pagesMax: pagesMax)
        let layout = PDFLayout(canvas: canvas)
        try layout.title(title, remark)
        for section in sections {
            try layout.heading(section.heading, section.remark)
            for block in section.blocks {
                if isCancelled() { throw CancellationError() }
                try layout.draw(block)
            }
        }
        return try canvas.finish()
    }
}
