public import JSONText
import Vocabulary

/// Makes the messages of a chat request of a branch and a plan. Pure: the same input gives the same bytes, and a branch that
/// has grown gives the same beginning, which the prefix cache then knows.
public struct PromptAssembly: Sendable {
    private let branch: [Message]
    private let plan: ContextPlan?
    private let tokens: [Int]
    private let summary: String?
    private let notes: [MessageID: String]

    /// How a summary is told to a model.
    public static func told(_ summary: String) -> String { "Summary of the earlier conversation:\n\(summary)" }

    /// - Parameters:
    ///   - branch: from the first message to the one that is to be answered.
    ///   - plan: what becomes of each; `nil` takes all as they are.
    ///   - tokens: of each message, for those that the plan shortens.
    ///   - summary: of those that the plan summarises.
    ///   - notes: what messages were told beside their words, which stays with them.
    public init(
        _ branch: [Message], plan: ContextPlan? = nil, tokens: [Int] = [], summary: String? = nil,
        notes: [MessageID: String] = [:]
    ) {
        self.branch = branch
        self.plan = plan
        self.tokens = tokens
        self.summary = summary
        self.notes = notes
    }

    /// The messages as a chat request has them.
    public var messages: [JSONValue] {
        var made: [JSONObject] = []
        var isGap = false
        for (index, message) in branch.enumerated() {
            let decision = plan.map { $0.decisions[index] }
            guard decision?.isInPrompt ?? true else {
                isGap = true
                continue
            }
            var wire = message.wire
            if case .shorten(let kept) = decision?.action {
                wire["content"] = Self.shortened(message.content, to: kept, of: tokens[index])
            }
            if let note = notes[message.id] { wire["content"] = Self.appending("\n\n" + note, to: wire["content"]) }
            if isGap { join(&made, &wire) }
            isGap = false
            made.append(wire)
        }
        if let summary, plan?.decisions.contains(where: { $0.action == .summarise }) == true { tell(summary, &made) }
        return made.map(JSONValue.object)
    }

    /// Where messages are missing, two of the same role may meet, or an answer may come first, which many templates refuse.
    private func join(_ made: inout [JSONObject], _ wire: inout JSONObject) {
        let role = wire["role"]?.string
        let last = made.last?["role"]?.string
        if role == last, role == "user" || role == "assistant", made.last?["tool_calls"] == nil,
            wire["tool_calls"] == nil, let before = made.last?["content"]?.string, let text = wire["content"]?.string
        {
            made.removeLast()
            wire["content"] = .string(before + "\n\n" + text)
        } else if role == "assistant", last != "user", last != "assistant", last != "tool" {
            made.append(["role": "user", "content": "[Earlier messages are left out.]"])
        }
    }

    /// At the end of the system prompt: nothing that comes before it changes when a summary does.
    private func tell(_ summary: String, _ made: inout [JSONObject]) {
        let told = Self.told(summary)
        let isSystem = made.prefix { ["system", "developer"].contains($0["role"]?.string ?? "") }
        if isSystem.isEmpty {
            made.insert(["role": "system", "content": .string(told)], at: 0)
        } else {
            let place = isSystem.count - 1
            made[place]["content"] = Self.appending("\n\n" + told, to: made[place]["content"])
        }
    }

    private static func appending(_ text: String, to content: JSONValue?) -> JSONValue {
        guard let parts = content?.array else { return .string((content?.string ?? "") + text) }
        return .array(parts + [["type": "text", "text": .string(text)]])
    }

    private static func shortened(_ content: JSONValue, to kept: Int, of total: Int) -> JSONValue {
        if let text = content.string { return .string(TextShortening.shorten(text, to: kept, of: total)) }
        guard let parts = content.array else { return content }
        return .array(
            parts.map { part in
                guard part["type"]?.string == "text", let text = part["text"]?.string, var members = part.object
                else { return part }
                members["text"] = .string(TextShortening.shorten(text, to: kept, of: total))
                return .object(members)
            })
    }
}
