/// The images and recordings of one prompt, and where in it they are.
struct PromptMedia: Sendable {
    struct Span: Sendable {
        /// Places in the list of tokens.
        let range: Range<Int>
        /// The position of its first row.
        let position: Int
        let chunk: MediaChunk
    }

    /// In order.
    private(set) var spans: [Span] = []
    var isEmpty: Bool { spans.isEmpty }

    static let none = PromptMedia(spans: [])

    /// A prompt as a list of tokens with stand-ins, and what they stand for.
    static func prompt(of pieces: [PromptPiece]) -> (tokens: [Int32], media: PromptMedia) {
        var tokens: [Int32] = []
        var media = PromptMedia.none
        var folded = 0
        for piece in pieces {
            switch piece {
            case .tokens(let more): tokens += more
            case .media(let chunk):
                let start = tokens.count
                tokens += StandIn.all(for: chunk)
                media.spans.append(
                    Span(range: start..<tokens.count, position: start - folded, chunk: chunk))
                folded += chunk.rows - chunk.positions
            }
        }
        return (tokens, media)
    }

    /// The one that a place belongs to.
    func index(at place: Int) -> Int? { spans.firstIndex { $0.range.contains(place) } }

    /// The position of a token outside of all spans.
    func position(of place: Int) -> Int {
        guard let last = spans.last(where: { $0.range.upperBound <= place }) else { return place }
        return last.position + last.chunk.positions + place - last.range.upperBound
    }

    /// As much of a range of places as can be computed at once, from its beginning on: tokens up to the next span, or rows
    /// of one span; all of them where each looks at all others.
    func computable(_ range: Range<Int>) -> Range<Int> {
        if let span = index(at: range.lowerBound).map({ spans[$0] }) {
            guard span.chunk.isCausal else { return range.lowerBound..<span.range.upperBound }
            return range.lowerBound..<min(range.upperBound, span.range.upperBound)
        }
        let next = spans.first { $0.range.lowerBound > range.lowerBound }?.range.lowerBound ?? .max
        return range.lowerBound..<min(range.upperBound, next)
    }
}
