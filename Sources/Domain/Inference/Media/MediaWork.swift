import Vocabulary

/// The vectors of one prompt's images and recordings: which are there, and which one is being computed.
///
/// Vectors are kept from when they were computed until the model has read them.
struct MediaWork {
    private var vectors: [Int: [Float]] = [:]
    /// The one that is being computed. Whoever computes it looks whether it is still wanted.
    private var current: (index: Int, wish: MediaWish)?
    /// What it took to compute them.
    private(set) var spent = Duration.zero

    func vectors(of index: Int) -> [Float]? { vectors[index] }

    /// What to compute next: the first one that is not in the model yet, and then the one after it, so that it is there in
    /// time. One of a prompt at a time, so that prompts take turns.
    ///
    /// - Parameters:
    ///   - media: all of the prompt's.
    ///   - computed: how many of the prompt's tokens are in the model.
    /// - Returns: its place among the prompt's, and what holds the wish for it; `nil` when there is nothing to do now.
    mutating func next(_ media: PromptMedia, computed: Int) -> (index: Int, wish: MediaWish)? {
        guard current == nil, vectors.count < Self.aheadMax else { return nil }
        let index = media.spans.indices.first { index in
            media.spans[index].range.upperBound > computed && vectors[index] == nil
        }
        guard let index else { return nil }
        let wish = MediaWish()
        current = (index, wish)
        return (index, wish)
    }

    /// Chunks whose vectors wait for the model.
    private static var aheadMax: Int { 2 }

    mutating func took(_ time: Duration) { spent += time }

    mutating func arrived(_ computed: [Float], of index: Int) {
        if current?.index == index { current = nil }
        vectors[index] = computed
    }

    /// The model has read so many tokens of the prompt.
    mutating func read(_ media: PromptMedia, computed: Int) {
        for index in vectors.keys where media.spans[index].range.upperBound <= computed { vectors[index] = nil }
    }
}

/// Lives as long as somebody wants what it was made for.
final class MediaWish: Sendable {}
