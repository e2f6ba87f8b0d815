/// What somebody wants a model for.
public enum UseCase: String, Sendable, CaseIterable {
    case chat
    case code
    case reasoning
    case writing
    case translation
    case toolUse = "tool_use"
    case longDocuments = "long_documents"
    case vision
    case embeddings
    case reranking

    /// One line for people.
    public var summary: String {
        switch self {
        case .chat: "questions and answers, everyday talk"
        case .code: "writing, completing and explaining programs"
        case .reasoning: "mathematics, logic and problems that take several steps"
        case .writing: "stories, letters and other long texts"
        case .translation: "from one language into another"
        case .toolUse: "calling tools and answering in JSON; agents"
        case .longDocuments: "questions about and summaries of long texts"
        case .vision: "images besides text"
        case .embeddings: "vectors for search and for comparing texts"
        case .reranking: "ordering what a search found"
        }
    }

    /// Tokens of context that it takes, when nothing else is said. Chosen.
    public var contextTokens: Int {
        switch self {
        case .chat, .writing, .translation, .vision: 8_192
        case .code, .toolUse, .reasoning: 16_384
        case .longDocuments: 32_768
        case .embeddings, .reranking: 512
        }
    }

    /// Tokens per second that it should reach: generated ones, or read ones where nothing is generated.
    ///
    /// Chosen: people read about five words a second; who waits for thinking or programs wants more than that.
    public var speedWanted: Double {
        switch self {
        case .chat, .writing, .translation, .vision, .longDocuments: 8
        case .code, .toolUse: 12
        case .reasoning: 15
        case .embeddings, .reranking: 500
        }
    }

    /// Whether an answer is text; otherwise prompts are all that is computed.
    public var generates: Bool { self != .embeddings && self != .reranking }
}

/// What a text says about the use that somebody has in mind: the words that were found, and nothing more.
///
/// Words are counted, no meaning is understood: "do not write code" is code. Who needs to be sure names the use.
public struct UseCaseClassification: Sendable, Equatable {
    /// One use and the words that speak for it.
    public struct Match: Sendable, Equatable {
        public var use: UseCase
        /// In the order of the text.
        public var words: [String]
    }

    /// The most words first; the order of `UseCase` on a tie.
    public let matches: [Match]

    /// The use with the most words; `nil` when no word is known.
    public var use: UseCase? { matches.first?.use }

    /// Whether as many words speak for another use.
    public var isTie: Bool { matches.count > 1 && matches[0].words.count == matches[1].words.count }

    /// Longer texts are looked at up to here.
    public static let bytesMax = 16_384

    /// Looks for words that speak for a use.
    ///
    /// - Parameter text: in English; of other languages hardly a word is known.
    public init(_ text: String) {
        let letters = String(decoding: text.utf8.prefix(Self.bytesMax), as: UTF8.self).lowercased()
        let words = letters.split { !($0.isLetter || $0.isNumber || $0 == "+" || $0 == "#") }.map(String.init)
        var found: [UseCase: [String]] = [:]
        for (position, word) in words.enumerated() {
            let pair = position + 1 < words.count ? "\(word) \(words[position + 1])" : nil
            for (use, known) in Self.words {
                if let pair, known.contains(pair) {
                    found[use, default: []].append(pair)
                } else if known.contains(word) {
                    found[use, default: []].append(word)
                }
            }
        }
        let order = Dictionary(uniqueKeysWithValues: UseCase.allCases.enumerated().map { ($1, $0) })
        matches = found.map { Match(use: $0.key, words: $0.value) }.sorted {
            ($1.words.count, order[$0.use] ?? 0) < ($0.words.count, order[$1.use] ?? 0)
        }
    }

    private static let words: [UseCase: Set<String>] = [
        .chat: [
            "chat", "chatbot", "assistant", "conversation", "talk", "dialogue", "dialog", "faq", "support", "questions",
            "answers", "answering",
        ],
        .code: [
            "code", "coding", "program", "programs", "programming", "programmer", "developer", "software", "refactor",
            "refactoring", "debug", "debugging", "compiler", "autocomplete", "completion", "unit tests", "python",
            "javascript", "typescript", "java", "swift", "rust", "golang", "c++", "c#", "sql", "bash", "ide", "copilot",
            "pull requests", "code review",
        ],
        .reasoning: [
            "reasoning", "reason", "math", "maths", "mathematics", "logic", "logical", "proof", "proofs", "puzzle",
            "puzzles", "thinking", "science", "physics", "theorem", "equations", "step by", "olympiad", "analysis",
        ],
        .writing: [
            "write", "writing", "story", "stories", "poem", "poems", "poetry", "novel", "creative", "roleplay",
            "letter",
            "letters", "email", "emails", "blog", "essay", "essays", "marketing", "copywriting", "fiction",
        ],
        .translation: [
            "translate", "translates", "translation", "translations", "translating", "translator", "multilingual",
            "localization", "localisation",
        ],
        .toolUse: [
            "tool", "tools", "agent", "agents", "agentic", "function calling", "functions", "json", "mcp", "automation",
            "workflow", "workflows", "structured output", "extraction", "extract", "browser",
        ],
        .longDocuments: [
            "document", "documents", "pdf", "pdfs", "book", "books", "contract", "contracts", "report", "reports",
            "summary", "summaries", "summarize", "summarise", "summarizing", "summarization", "long", "transcripts",
            "papers", "rag", "legal",
        ],
        .vision: [
            "image", "images", "picture", "pictures", "photo", "photos", "vision", "visual", "ocr", "screenshot",
            "screenshots", "diagram", "diagrams", "scanned", "camera", "multimodal",
        ],
        .embeddings: [
            "embedding", "embeddings", "embed", "vector", "vectors", "semantic search", "similarity", "clustering",
            "retrieval", "deduplicate", "deduplication",
        ],
        .reranking: ["rerank", "reranking", "reranker", "re ranking", "cross encoder", "relevance"],
    ]
}
