import Conversations
import JSONText
import Synchronization
import Vocabulary

/// Tokens of messages as the model counts them, remembered.
final class TokenCounts: Sendable {
    /// Counts that are remembered; all are forgotten when there are more.
    static let keptMax = 100_000
    /// Messages that are counted for one plan, the newest ones; the others are estimated.
    static let countedMax = 4_096
    /// Counts that are asked for at once.
    private static let askedAtOnce = 8
    /// What a token of a text has at least, for estimates.
    private static let bytesPerToken = 3

    private struct Key: Hashable {
        var model: String
        var message: MessageID
        var revision: Int64
        /// Of the note behind it, and of a system prompt of the settings, which has no revision.
        var extra: Int
    }

    /// What the template puts around messages.
    private struct Frame {
        /// Of a prompt with one message of one token.
        var base: Int
        /// Of every message, beside its own tokens.
        var message: Int
    }

    private struct State {
        var counts: [Key: Int] = [:]
        var frames: [Int: Frame] = [:]
    }

    private let service: any ModelService
    private let state = Mutex(State())

    init(service: any ModelService) { self.service = service }

    /// Tokens of a branch.
    struct Counted {
        /// One for each message, with what the template puts around it.
        var tokens: [Int]
        /// Of no message: tools, and how the answer begins.
        var overhead: Int
        var isExact: Bool
    }

    /// Counts a branch, the newest messages first, until there are twice as many tokens as matter.
    ///
    /// - Parameters:
    ///   - branch: the messages.
    ///   - notes: what stands behind some of them.
    ///   - request: the chat that they are for; its messages do not matter.
    ///   - model: by its served name.
    ///   - enough: tokens that matter; `nil` counts all that may be counted.
    /// - Returns: tokens of each message.
    func count(
        _ branch: [Message], notes: [MessageID: String], for request: GenerationRequest, model: ModelID, enough: Int?
    ) async -> Counted {
        var counted = Counted(tokens: branch.map(Self.estimate), overhead: 0, isExact: true)
        do {
            let frame = try await frame(of: request, model)
            counted.overhead = max(0, frame.base - frame.message)
            var sum = 0
            var end = branch.count
            while end > 0, branch.count - end < Self.countedMax, sum < 2 * (enough ?? .max / 2) {
                let part = max(0, end - 4 * Self.askedAtOnce)..<end
                for (index, tokens) in try await count(part, of: branch, notes, request, model, frame) {
                    counted.tokens[index] = tokens
                    sum += tokens
                }
                end = part.lowerBound
            }
        } catch {
            // A model that does not count, or that is not there: the plan is made all the same.
            counted.isExact = false
        }
        return counted
    }

    /// Tokens of one text, as the text of a message of the user; estimated where the model does not count.
    func count(_ text: String, for request: GenerationRequest, model: ModelID) async -> Int {
        do {
            let frame = try await frame(of: request, model)
            return max(1, try await ask(text, request) - frame.base + 1)
        } catch {
            return Self.estimate(bytes: text.utf8.count)
        }
    }

    /// Tokens of a whole chat; `nil` where the model does not count.
    func count(_ messages: [ChatMessage], for request: GenerationRequest) async -> Int? {
        var request = request
        guard case .chat(_, let tools) = request.prompt else { return nil }
        request.prompt = .chat(messages, tools: tools)
        do { return try await tokens(of: request) } catch { return nil }
    }

    static func estimate(_ message: Message) -> Int {
        estimate(bytes: text(of: message).utf8.count) + (message.hasAttachments ? 512 : 0)
    }

    static func estimate(bytes: Int) -> Int { bytes / bytesPerToken + 5 }

    // MARK: asking

    private func count(
        _ part: Range<Int>, of branch: [Message], _ notes: [MessageID: String], _ request: GenerationRequest,
        _ model: ModelID, _ frame: Frame
    ) async throws -> [(Int, Int)] {
        try await withThrowingTaskGroup(of: (Int, Int).self) { group in
            var found: [(Int, Int)] = []
            var running = 0
            for index in part {
                let message = branch[index]
                let note = notes[message.id].map { "\n\n" + $0 } ?? ""
                let key = Key(
                    model: model.name, message: message.id, revision: message.revision,
                    extra: note.hashValue &+ (message.role == .system ? message.text.hashValue : 0))
                if let known = state.withLock({ $0.counts[key] }) {
                    found.append((index, known))
                    continue
                }
                if running == Self.askedAtOnce, let one = try await group.next() {
                    found.append(one)
                    running -= 1
                }
                running += 1
                group.addTask { [self] in
                    let own = Self.text(of: message)
                    let tokens =
                        try await ask(own + note, request) - frame.base + frame.message
                        + (message.hasAttachments ? 512 : 0)
                    remember(max(1, tokens), as: key)
                    return (index, max(1, tokens))
                }
            }
            for try await one in group { found.append(one) }
            return found
        }
    }

    private func remember(_ tokens: Int, as key: Key) {
        state.withLock { state in
            if state.counts.count >= Self.keptMax { state.counts.removeAll(keepingCapacity: true) }
            state.counts[key] = tokens
        }
    }

    private func frame(of request: GenerationRequest, _ model: ModelID) async throws -> Frame {
        guard case .chat(_, let tools) = request.prompt else { return Frame(base: 0, message: 0) }
        var hasher = Hasher()
        hasher.combine(model)
        for tool in tools { hasher.combine(tool.definition.text) }
        let key = hasher.finalize()
        if let known = state.withLock({ $0.frames[key] }) { return known }
        let word = ChatMessage(.user, "a")
        var asked = request
        asked.prompt = .chat([word], tools: tools)
        let one = try await tokens(of: asked)
        asked.prompt = .chat([word, ChatMessage(.assistant, "a"), word], tools: tools)
        let three = try await tokens(of: asked)
        let frame = Frame(base: one, message: max(1, (three - one + 1) / 2))
        state.withLock { state in
            if state.frames.count >= 1_024 { state.frames.removeAll() }
            state.frames[key] = frame
        }
        return frame
    }

    /// Tokens of a chat of one message of the user.
    private func ask(_ text: String, _ request: GenerationRequest) async throws -> Int {
        guard case .chat(_, let tools) = request.prompt else { return 0 }
        var request = request
        request.prompt = .chat([ChatMessage(.user, text.isEmpty ? "a" : text)], tools: tools)
        return try await tokens(of: request)
    }

    /// Asks without taking of anybody's limits: the answer that it is for does.
    private func tokens(of request: GenerationRequest) async throws -> Int {
        try await CallContext.$current.withValue(.own) { try await service.countTokens(of: request) }
    }

    /// What is counted of a message: its words and its calls.
    private static func text(of message: Message) -> String {
        message.toolCalls.isEmpty
            ? message.text : message.text + message.toolCalls.map { $0["function"]?.text ?? "" }.joined(separator: "\n")
    }
}
