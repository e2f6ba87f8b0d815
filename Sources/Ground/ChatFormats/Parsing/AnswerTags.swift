/// The texts that a tagged answer is taken apart by, and what each means.
struct AnswerTags: Sendable {
    enum Meaning: Sendable, Equatable {
        case thinkingStart(Int)
        case thinkingEnd(Int)
        case wrapperStart(Int)
        case wrapperEnd(Int)
        case call(Int)
    }

    struct Tag: Sendable {
        var bytes: [UInt8]
        var meaning: Meaning
    }

    enum Match {
        case none
        /// The text ends within a tag.
        case possible
        case found(Tag)
    }

    private var tags: [Tag] = []
    private var canStart = [Bool](repeating: false, count: 256)

    init(thinking: [ThinkingTags], wrappers: [AnswerWrapper], calls: [CallSyntax]) {
        for (index, tags) in thinking.enumerated() {
            add(tags.start, .thinkingStart(index))
            add(tags.end, .thinkingEnd(index))
        }
        for (index, wrapper) in wrappers.enumerated() {
            add(wrapper.start, .wrapperStart(index))
            add(wrapper.end, .wrapperEnd(index))
        }
        for (index, call) in calls.enumerated() { add(call.opener, .call(index)) }
    }

    private mutating func add(_ text: String, _ meaning: Meaning) {
        guard let first = text.utf8.first else { return }
        tags.append(Tag(bytes: Array(text.utf8), meaning: meaning))
        canStart[Int(first)] = true
    }

    /// The tag that begins at `position`. One whose text continues in another's is found when it is whole.
    func match(
        _ input: [UInt8], at position: Int, isActive: (Meaning) -> Bool
    ) -> Match {
        guard canStart[Int(input[position])] else { return .none }
        var isPossible = false
        for tag in tags where tag.bytes[0] == input[position] && isActive(tag.meaning) {
            switch beginning(of: tag.bytes, in: input, at: position) {
            case .found: return .found(tag)
            case .possible: isPossible = true
            case .none: break
            }
        }
        return isPossible ? .possible : .none
    }

    enum Likeness { case none, possible, found }
}

/// Whether `mark` stands in `input` at `position`, as far as the input goes.
func beginning(of mark: [UInt8], in input: [UInt8], at position: Int) -> AnswerTags.Likeness {
    let count = min(mark.count, input.count - position)
    for offset in 0..<count where mark[offset] != input[position + offset] { return .none }
    return count == mark.count ? .found : .possible
}
