import Grammar
import Testing

extension Grammar {
    /// What becomes of a text: `whole`, `open` if more must follow, or `refused`.
    func verdict(_ text: String) -> Verdict { verdict(Array(text.utf8)) }

    func verdict(_ bytes: [UInt8]) -> Verdict {
        var matcher = GrammarMatcher(self)
        guard matcher.accept(bytes) else { return matcher.failure == nil ? .refused : .failed }
        return matcher.canEnd ? .whole : .open
    }

    enum Verdict { case whole, open, refused, failed }
}

extension GrammarMatcher {
    /// Adds a text, and expects that it is allowed.
    mutating func read(_ text: String, location: SourceLocation = #_sourceLocation) {
        read(Array(text.utf8), location: location)
    }

    mutating func read(_ bytes: [UInt8], location: SourceLocation = #_sourceLocation) {
        let isAccepted = accept(bytes)
        #expect(isAccepted, "\(String(decoding: bytes, as: UTF8.self))", sourceLocation: location)
    }

    /// Offers a text, and expects that it is refused.
    mutating func refuse(_ text: String, location: SourceLocation = #_sourceLocation) {
        let isAccepted = accept(text.utf8)
        #expect(!isAccepted, "\(text)", sourceLocation: location)
    }
}
