/// A part of a document that stands below the part before it.
public indirect enum RichBlock: Sendable, Equatable {
    /// Level 1 to 6.
    case heading(level: Int, RichText)
    case paragraph(RichText)
    /// Shown as it is, in letters of one width.
    case code(String)
    case quote([RichBlock])
    /// `start` is the number of the first item; `nil` for bullets.
    case list(start: Int?, items: [[RichBlock]])
    /// Cells of rows; the first row is the head.
    case table([[RichText]])
    case rule
}

/// A text with marks on its parts.
public struct RichText: Sendable, Equatable {
    public enum Style: Sendable, Equatable {
        case bold, italic, struck
        /// In letters of one width.
        case code
        case link(String)
    }

    /// A style from one byte of the text to before another.
    public struct Mark: Sendable, Equatable {
        public var style: Style
        public var bytes: Range<Int>

        public init(_ style: Style, _ bytes: Range<Int>) {
            self.style = style
            self.bytes = bytes
        }
    }

    public private(set) var text = ""
    public private(set) var marks: [Mark] = []
    private var length = 0

    public init(_ text: String = "") { append(text) }

    /// A part of another one.
    init(_ text: String, _ marks: [Mark]) {
        self.text = text
        self.marks = marks
        length = text.utf8.count
    }

    /// Adds text without a style of its own. Control characters but tabs and line ends become U+FFFD, so that nothing but
    /// text is drawn.
    public mutating func append(_ more: String) {
        if more.unicodeScalars.contains(where: Self.isControl) {
            var clean = String.UnicodeScalarView()
            for scalar in more.unicodeScalars { clean.append(Self.isControl(scalar) ? "\u{FFFD}" : scalar) }
            text.unicodeScalars.append(contentsOf: clean)
        } else {
            text += more
        }
        length = text.utf8.count
    }

    /// Marks what was added since the text had so many bytes.
    public mutating func mark(_ style: Style, from start: Int) {
        if start < length { marks.append(Mark(style, start..<length)) }
    }

    public var byteCount: Int { length }
    public var isEmpty: Bool { length == 0 }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 9, 10: false
        case 0..<32, 127..<160, 0x2028, 0x2029: true
        default: false
        }
    }
}
