/// An element of the simple XML that drivers' tools write: elements, attributes, text, the five named entities.
///
/// Comments, declarations and `DOCTYPE` are passed over; nothing is ever fetched or expanded.
struct MarkupElement: Equatable {
    let name: String
    var attributes: [String: String] = [:]
    var children: [MarkupElement] = []
    var text = ""

    private static let depthMax = 32
    private static let elementsMax = 100_000

    func first(_ name: String) -> MarkupElement? { children.first { $0.name == name } }
    func all(_ name: String) -> [MarkupElement] { children.filter { $0.name == name } }
    /// The text of the first such child, when the driver gave one.
    func value(_ name: String) -> String? { first(name).flatMap { NvidiaText.known($0.text) } }

    /// The root of a text; `nil` when elements do not match, or when it is too deep or ends early.
    static func read(_ text: String) -> MarkupElement? {
        let bytes = Array(text.utf8)
        var open: [MarkupElement] = []
        var count = 0
        var place = 0
        while place < bytes.count {
            guard bytes[place] == UInt8(ascii: "<") else {
                let end = bytes[place...].firstIndex(of: UInt8(ascii: "<")) ?? bytes.count
                if !open.isEmpty { open[open.count - 1].text += decoded(bytes[place..<end]) }
                place = end
                continue
            }
            if bytes[place...].starts(with: Array("<!--".utf8)) {
                guard let end = find("-->", in: bytes, from: place) else { return nil }
                place = end
                continue
            }
            guard let close = bytes[place...].firstIndex(of: UInt8(ascii: ">")) else { return nil }
            var tag = String(decoding: bytes[(place + 1)..<close], as: UTF8.self)
            place = close + 1
            if tag.hasPrefix("?") || tag.hasPrefix("!") { continue }
            if tag.hasPrefix("/") {
                guard let last = open.popLast(), last.name == tag.dropFirst().trimmed else { return nil }
                guard !open.isEmpty else { return last }
                open[open.count - 1].children.append(last)
                continue
            }
            count += 1
            guard count <= elementsMax, open.count < depthMax else { return nil }
            let isWhole = tag.hasSuffix("/")
            if isWhole { tag.removeLast() }
            let element = started(tag)
            guard isWhole else {
                open.append(element)
                continue
            }
            guard !open.isEmpty else { return element }
            open[open.count - 1].children.append(element)
        }
        return nil
    }

    /// `gpu id="00000000:17:00.0"`.
    private static func started(_ tag: String) -> MarkupElement {
        let name = tag.prefix { !$0.isWhitespace }
        var element = MarkupElement(name: String(name))
        var rest = tag.dropFirst(name.count)
        while let equals = rest.firstIndex(of: "=") {
            let key = rest[..<equals].trimmed
            let value = rest[rest.index(after: equals)...].drop(while: \.isWhitespace)
            guard let quote = value.first, quote == "\"" || quote == "'",
                let end = value.dropFirst().firstIndex(of: quote)
            else { break }
            element.attributes[key] = decoded(Array(value.dropFirst()[..<end].utf8)[...])
            rest = value[value.index(after: end)...]
        }
        return element
    }

    private static func decoded(_ bytes: ArraySlice<UInt8>) -> String {
        var text = String(decoding: bytes, as: UTF8.self)
        guard text.contains("&") else { return text }
        for (entity, character) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")] {
            text = text.split(separator: entity, omittingEmptySubsequences: false).joined(separator: character)
        }
        return text
    }

    /// Behind the next `word`.
    private static func find(_ word: String, in bytes: [UInt8], from start: Int) -> Int? {
        let word = Array(word.utf8)
        guard bytes.count >= word.count else { return nil }
        return (start...(bytes.count - word.count)).first { bytes[$0...].starts(with: word) }.map { $0 + word.count }
    }
}
