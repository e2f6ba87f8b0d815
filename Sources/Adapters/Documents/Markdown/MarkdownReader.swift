import CMarkdown
import Synchronization

/// Reads Markdown as GitHub understands it: CommonMark with tables, struck text and links without marks.
///
/// HTML is shown as its source, and so are formulas: nobody here sets them. Source: <https://github.github.com/gfm/>.
public enum MarkdownReader {
    /// Bytes of a text that are read as Markdown; what comes after is shown as it is.
    public static let bytesMax = 128 << 10
    /// Blocks within blocks; deeper ones are shown as text.
    public static let depthMax = 24
    /// Nodes of a text; what comes after is shown as it is.
    static let nodesMax = 100_000
    private static let cellsMax = 12

    private static let extensions = Mutex(false)

    /// Reads a text.
    ///
    /// - Parameter text: any text.
    /// - Returns: its blocks; a text that is no Markdown is paragraphs.
    public static func read(_ text: String) -> [RichBlock] {
        var text = text
        text.makeContiguousUTF8()
        let end = text.utf8.index(text.utf8.startIndex, offsetBy: bytesMax, limitedBy: text.utf8.endIndex)
        guard let end, end < text.utf8.endIndex else { return parse(text) }
        // At the end of a line, or of a character.
        let head = text[..<end]
        let place = head.lastIndex(of: "\n") ?? head.index(before: head.endIndex)
        return parse(String(text[..<place])) + plain(String(text[place...]))
    }

    /// A text as paragraphs of its lines.
    public static func plain(_ text: String) -> [RichBlock] {
        text.split(separator: "\n\n", omittingEmptySubsequences: true).map { .paragraph(RichText(String($0))) }
    }

    private static func parse(_ text: String) -> [RichBlock] {
        extensions.withLock { isReady in
            if !isReady { cmark_gfm_core_extensions_ensure_registered() }
            isReady = true
        }
        guard let parser = unsafe cmark_parser_new(CMARK_OPT_DEFAULT | CMARK_OPT_VALIDATE_UTF8) else {
            return plain(text)
        }
        defer { unsafe cmark_parser_free(parser) }
        for name in ["table", "strikethrough", "autolink"] {
            if let one = unsafe cmark_find_syntax_extension(name) {
                _ = unsafe cmark_parser_attach_syntax_extension(parser, one)
            }
        }
        var text = text
        text.withUTF8 { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) { bytes in
                if let start = bytes.baseAddress { unsafe cmark_parser_feed(parser, start, bytes.count) }
            }
        }
        guard let document = unsafe cmark_parser_finish(parser) else { return plain(text) }
        defer { unsafe cmark_node_free(document) }
        var reading = unsafe Reading(document)
        return reading.blocks()
    }

    /// One walk over a parsed document. It does not recurse for text, and only `depthMax` deep for blocks.
    @safe
    private struct Reading {
        private let document: OpaquePointer
        private var left = MarkdownReader.nodesMax

        @unsafe
        init(_ document: OpaquePointer) { unsafe self.document = document }

        mutating func blocks() -> [RichBlock] { unsafe blocks(of: document, depth: 0) }

        private mutating func blocks(of parent: OpaquePointer, depth: Int) -> [RichBlock] {
            var blocks: [RichBlock] = []
            var next = unsafe cmark_node_first_child(parent)
            while let node = unsafe next, left > 0 {
                left -= 1
                if let block = unsafe block(node, depth: depth) { blocks.append(block) }
                unsafe next = cmark_node_next(node)
            }
            return blocks
        }

        private mutating func block(_ node: OpaquePointer, depth: Int) -> RichBlock? {
            guard depth < MarkdownReader.depthMax else {
                return .paragraph(unsafe inlines(of: node))
            }
            let type = unsafe cmark_node_get_type(node)
            switch type {
            case CMARK_NODE_HEADING:
                return .heading(level: Int(unsafe cmark_node_get_heading_level(node)), unsafe inlines(of: node))
            case CMARK_NODE_PARAGRAPH: return .paragraph(unsafe inlines(of: node))
            case CMARK_NODE_CODE_BLOCK, CMARK_NODE_HTML_BLOCK:
                return .code(unsafe Self.text(cmark_node_get_literal(node)))
            case CMARK_NODE_BLOCK_QUOTE: return .quote(unsafe blocks(of: node, depth: depth + 1))
            case CMARK_NODE_THEMATIC_BREAK: return .rule
            case CMARK_NODE_LIST:
                let isOrdered = unsafe cmark_node_get_list_type(node) == CMARK_ORDERED_LIST
                let start = unsafe isOrdered ? Int(cmark_node_get_list_start(node)) : nil
                return .list(start: start, items: unsafe items(of: node, depth: depth + 1))
            default:
                if unsafe Self.text(cmark_node_get_type_string(node)) == "table" { return unsafe table(node) }
                return .paragraph(unsafe inlines(of: node))
            }
        }

        private mutating func items(of list: OpaquePointer, depth: Int) -> [[RichBlock]] {
            var items: [[RichBlock]] = []
            var next = unsafe cmark_node_first_child(list)
            while let node = unsafe next, left > 0 {
                left -= 1
                items.append(unsafe blocks(of: node, depth: depth))
                unsafe next = cmark_node_next(node)
            }
            return items
        }

        private mutating func table(_ table: OpaquePointer) -> RichBlock {
            var rows: [[RichText]] = []
            var next = unsafe cmark_node_first_child(table)
            while let row = unsafe next, left > 0 {
                left -= 1
                var cells: [RichText] = []
                var cell = unsafe cmark_node_first_child(row)
                while let node = unsafe cell, cells.count < MarkdownReader.cellsMax {
                    cells.append(unsafe inlines(of: node))
                    unsafe cell = cmark_node_next(node)
                }
                rows.append(cells)
                unsafe next = cmark_node_next(row)
            }
            return .table(rows)
        }

        /// All text below a node with its marks, by an iterator: nested emphasis may be as deep as the text is long.
        private mutating func inlines(of node: OpaquePointer) -> RichText {
            var text = RichText()
            var open: [(style: RichText.Style, start: Int)] = []
            guard let iterator = unsafe cmark_iter_new(node) else { return text }
            defer { unsafe cmark_iter_free(iterator) }
            while left > 0 {
                let event = unsafe cmark_iter_next(iterator)
                if event == CMARK_EVENT_DONE { break }
                guard let current = unsafe cmark_iter_get_node(iterator) else { break }
                left -= 1
                if event == CMARK_EVENT_EXIT {
                    if unsafe Self.style(of: current) != nil, let last = open.popLast() {
                        text.mark(last.style, from: last.start)
                    }
                    continue
                }
                if let style = unsafe Self.style(of: current) { open.append((style, text.byteCount)) }
                switch unsafe cmark_node_get_type(current) {
                case CMARK_NODE_TEXT, CMARK_NODE_HTML_INLINE:
                    text.append(unsafe Self.text(cmark_node_get_literal(current)))
                case CMARK_NODE_CODE:
                    let start = text.byteCount
                    text.append(unsafe Self.text(cmark_node_get_literal(current)))
                    text.mark(.code, from: start)
                case CMARK_NODE_SOFTBREAK, CMARK_NODE_LINEBREAK: text.append("\n")
                case CMARK_NODE_IMAGE: text.append("[image] ")
                default: break
                }
            }
            return text
        }

        private static func style(of node: OpaquePointer) -> RichText.Style? {
            switch unsafe cmark_node_get_type(node) {
            case CMARK_NODE_EMPH: .italic
            case CMARK_NODE_STRONG: .bold
            case CMARK_NODE_LINK: .link(unsafe text(cmark_node_get_url(node)))
            default: unsafe text(cmark_node_get_type_string(node)) == "strikethrough" ? .struck : nil
            }
        }

        private static func text(_ pointer: UnsafePointer<CChar>?) -> String {
            unsafe pointer.map { unsafe String(cString: $0) } ?? ""
        }
    }
}
