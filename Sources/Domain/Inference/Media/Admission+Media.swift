import Vocabulary

/// A prompt as tokens, with what some of them stand for.
struct PromptTokens {
    let tokens: [Int32]
    /// What the chat template made; `nil` where there was none.
    let text: String?
    let media: PromptMedia

    init(tokens: [Int32], text: String? = nil) {
        self.tokens = tokens
        self.text = text
        media = .none
    }

    init(_ pieces: [PromptPiece], text: String? = nil) {
        (tokens, media) = PromptMedia.prompt(of: pieces)
        self.text = text
    }
}

/// Images and recordings in requests.
extension Admission {
    /// What reads them.
    ///
    /// - Throws: `ServiceError` when nothing does, or when it does not read one of these; with the part's path.
    func reader(of parts: [MediaPart]) throws(ServiceError) -> any MediaReading {
        let modalities = options.media?.modalities ?? Modalities()
        for part in parts {
            switch part.kind {
            case .image where !modalities.image:
                throw Self.refusal("images", part)
            case .audio where !modalities.audio:
                throw Self.refusal("recordings", part)
            case .image, .audio: continue
            }
        }
        guard let media = options.media else {
            throw ServiceError(.unsupported, "This model reads text only.", parameter: "prompt")
        }
        return media
    }

    private static func refusal(_ what: String, _ part: MediaPart) -> ServiceError {
        ServiceError(
            .unsupported, "'\(part.field)': this model reads no \(what).",
            hint: "Serve it with a projector for \(what) (--mmproj), or ask another model.", parameter: part.field)
    }

    /// The prompt of a chat with images or recordings.
    func mediaChat(_ messages: [ChatMessage], _ request: GenerationRequest) throws(ServiceError) -> PromptTokens {
        let marked = MediaMarks.marked(instructed(messages, request))
        let reader = try reader(of: marked.media)
        let rendered = try template(request).pieces(
            for: marked.messages, tools: request.offeredTools, variables: variables(of: request), tokenizer: tokenizer)
        let parts = try MediaMarks.parts(of: rendered.pieces, marked.media)
        return PromptTokens(try reader.pieces(of: parts, addsSpecial: !rendered.hasBegin), text: rendered.text)
    }

    /// Refuses chunks that one step could not compute.
    ///
    /// - Returns: the media, and whether prompts with them can be told apart by their stand-ins.
    func checked(
        _ media: PromptMedia, _ request: GenerationRequest
    ) throws(ServiceError) -> (prompt: PromptMedia, canBeKept: Bool) {
        for span in media.spans where !span.chunk.isCausal && span.chunk.rows > options.wholeChunkMax {
            throw ServiceError(
                .unsupported,
                "An image takes \(span.chunk.rows) rows that must be computed together, and a step computes at most \(options.wholeChunkMax).",
                hint: "Serve the model with a larger --batch-size and --ubatch-size.",
                parameter: request.prompt.mediaField)
        }
        return (media, media.spans.allSatisfy { $0.chunk.rows >= StandIn.rowsMin })
    }
}

extension GenerationRequest.Prompt {
    /// The field of the first image or recording.
    fileprivate var mediaField: String? {
        switch self {
        case .chat(let messages, _): messages.lazy.flatMap(\.media).first?.field
        case .parts(let parts): parts.media.first?.field
        case .text, .tokens, .pieces, .infill: nil
        }
    }
}
