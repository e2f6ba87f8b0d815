import Vocabulary

extension Admission {
    /// What stands before each file where the vocabulary has no token for it.
    private static var filePrefix: String { "\n\n--- snip ---\n\n" }

    /// The prompt that has a model fill a gap: other files, what is before the gap, what is after it, and its beginning.
    ///
    /// What does not fit beside the answer is left out where it is furthest from the gap: files first, then three parts of
    /// what is before for one of what is after.
    ///
    /// Source: the layout is Qwen2.5-Coder's (arXiv:2409.12186), as in `/infill` of llama-server. Differs from it in: the
    /// context bounds the parts, and not the batch.
    func tokens(of infill: InfillPrompt, _ request: GenerationRequest) throws(ServiceError) -> [Int32] {
        guard let marks = tokenizer.infill else {
            throw ServiceError(
                .notSupported, "Infill is not supported by this model: its vocabulary has no tokens for gaps.",
                hint: "Serve a model that was trained to fill gaps.")
        }
        let before = try tokens(of: infill.prefix, addsSpecial: false, parsesSpecial: false, parameter: "input_prefix")
        let after = try tokens(of: infill.suffix, addsSpecial: false, parsesSpecial: false, parameter: "input_suffix")
        let middle = try tokenizer.tokens(of: infill.middle, addsSpecial: false, parsesSpecial: true)
        let files = try tokens(of: infill.files, marks)

        let context = options.contextTokens
        let answer = min(request.newTokensMax ?? context / 4, context / 2)
        // Three marks, and perhaps a begin token.
        let room = max(0, context - answer - middle.count - 4)
        let (beforeCount, afterCount) = Self.shares(of: room, before: before.count, after: after.count)
        let fileCount = min(files.count, room - beforeCount - afterCount)

        let head = [marks.prefix] + before.suffix(beforeCount) + middle
        let tail = [marks.suffix] + after.prefix(afterCount)
        let gap = options.putsSuffixFirst ? tail + head : head + tail
        return Array(files.suffix(fileCount)) + [marks.begin].compactMap(\.self) + gap + [marks.middle]
    }

    /// How much of both sides fits: three parts before for one after, and what one leaves goes to the other.
    static func shares(of room: Int, before: Int, after: Int) -> (before: Int, after: Int) {
        let afterCount = min(after, max(room / 4, room - before))
        let beforeCount = min(before, room - afterCount)
        return (beforeCount, afterCount)
    }

    private func tokens(of files: [InfillPrompt.File], _ marks: InfillTokens) throws(ServiceError) -> [Int32] {
        func read(_ text: String) throws(ServiceError) -> [Int32] {
            try tokenizer.tokens(of: text, addsSpecial: false, parsesSpecial: false)
        }
        var tokens: [Int32] = []
        if let repository = marks.repository { tokens += [repository] + (try read("myproject\n")) }
        for file in files {
            if let separator = marks.separator {
                tokens += [separator] + (try read(file.name + "\n"))
            } else {
                tokens += try read(Self.filePrefix)
            }
            tokens += try read(file.text)
        }
        if let separator = marks.separator { tokens += [separator] + (try read("filename\n")) }
        return tokens
    }
}
