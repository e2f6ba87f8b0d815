/// A part of a rule, as it is written.
indirect enum Element: Sendable, Equatable {
    /// These bytes; none of them is the empty text.
    case literal([UInt8])
    /// One character of a set.
    case characters(ScalarSet)
    /// One byte, whatever it is: only for looking at text that need not be UTF-8.
    case anyByte
    case sequence([Element])
    case choice([Element])
    /// From `min` to `max` times; `nil` has no end.
    case repetition(Element, min: Int, max: Int?)
    /// The rule of this index.
    case rule(Int)
    /// One token of the vocabulary, or any but that one.
    case token(Int32, isExcluded: Bool)

    static let empty = Element.literal([])
    static let anyCharacter = Element.characters(.all)

    static func joined(_ parts: [Element]) -> Element {
        switch parts.count {
        case 0: .empty
        case 1: parts[0]
        default: .sequence(parts)
        }
    }

    static func either(_ parts: [Element]) -> Element { parts.count == 1 ? parts[0] : .choice(parts) }
}

/// A rule: its name is for messages.
struct Rule: Sendable, Equatable {
    var name: String
    var body: Element
}
