import Conversations
import JSONText
import Vocabulary

extension ContextDesk {
    /// Everything that a plan is made from.
    struct Scene: Sendable {
        let conversation: Conversation
        let turn: TurnRequest
        /// With all messages as they are: for its model, tools and bounds.
        let request: GenerationRequest
        let model: ModelID
        let window: Int?
        let policy: ContextPolicy
        let source: ContextReport.Source
        let limit: Int?
        let noteTexts: [MessageID: String]
        /// The cut that holds.
        var cut: ContextCut?
        /// Cuts that wait, of this branch and behind the one that holds, the newest first.
        let prepared: [ContextCut]
        var items: [ContextItem]
        var overhead = 0
        var isExact = false
        /// `nil` takes all messages as they are.
        var plan: ContextPlan?

        var planner: ContextPlanner { ContextPlanner(items, policy: policy, limit: limit, overhead: overhead) }
    }

    /// What is known without asking a model.
    func scene(
        _ conversation: Conversation, _ turn: TurnRequest, _ notes: [MessageID: TurnNote], wish: ContextWish? = nil
    ) async throws -> Scene {
        let user = try await stores.settings.settings(of: conversation.owner).contextWish
        let own = try await stores.contexts.contextWish(of: conversation.id)
        var policy = ContextPolicy().applying(user).applying(own)
        if let wish { policy = policy.applying(wish) }
        let request = try turn.generation()
        let served = await served(request.model)
        let limit = policy.mode == .off ? nil : policy.limit(window: served.window, answerMax: request.newTokensMax)
        let (cut, prepared) =
            policy.mode == .off
            ? (nil, []) : Self.cuts(try await stores.contexts.cuts(of: conversation.id), turn.branch)
        var scene = Scene(
            conversation: conversation, turn: turn, request: request, model: served.name, window: served.window,
            policy: policy, source: !own.isEmpty ? .conversation : !user.isEmpty ? .user : .standard, limit: limit,
            noteTexts: notes.mapValues(\.text), cut: cut, prepared: prepared,
            items: Self.items(turn.branch, turn.branch.map(TokenCounts.estimate)))
        if cut != nil {
            scene.plan = ContextPlanner(scene.items, policy: policy, limit: nil).plan(standing: cut)
            scene.plan?.limit = limit
        }
        return scene
    }

    /// Lets the model count the messages that matter.
    func count(_ scene: inout Scene) async {
        let counted = await counts.count(
            scene.turn.branch, notes: scene.noteTexts, for: scene.request, model: scene.model, enough: scene.limit)
        scene.items = Self.items(scene.turn.branch, counted.tokens)
        scene.overhead = counted.overhead
        scene.isExact = counted.isExact
    }

    private static func items(_ branch: [Message], _ tokens: [Int]) -> [ContextItem] {
        let units = ContextItem.units(of: branch)
        return branch.indices.map { index in
            ContextItem(
                id: branch[index].id, role: branch[index].role, tokens: tokens[index],
                importance: branch[index].importance, unit: units[index])
        }
    }

    /// The cut that holds for a branch, and those that wait behind it.
    private static func cuts(_ cuts: [ContextCut], _ branch: [Message]) -> (ContextCut?, [ContextCut]) {
        guard !cuts.isEmpty else { return (nil, []) }
        let places = Dictionary(branch.enumerated().map { ($1.id, $0) }) { first, _ in first }
        let own = cuts.compactMap { cut in places[cut.through].map { (cut, $0) } }
        let active = own.filter(\.0.isActive).max { ($0.1, $0.0.created) < ($1.1, $1.0.created) }
        return (active?.0, own.filter { !$0.0.isActive && $0.1 > active?.1 ?? -1 }.map(\.0))
    }

    /// The name that answers, and the tokens of its window.
    private func served(_ asked: ModelID) async -> (name: ModelID, window: Int?) {
        let name = await words.service.servedName(for: asked)
        let models = await words.service.models()
        let model = models.first { $0.id == name } ?? models.first { $0.aliases.contains(name.name) }
        return (name, model?.contextTokens)
    }
}

extension ContextDesk.Scene {
    /// Whether a prompt fits without being counted: by what the answer before took, and the bytes of all that came since.
    func isSurelyWithin(_ limit: Int) -> Bool {
        // These need the tokens of what is shortened.
        guard policy.systemTokens == nil, policy.messageTokens == nil, cut?.shortened.isEmpty ?? true else {
            return false
        }
        var bound = 0
        for message in turn.branch.reversed() {
            if message.hasAttachments { return false }
            if let usage = message.usage, message.status == .complete, usage.promptTokens > 0 {
                return bound + usage.promptTokens + usage.completionTokens <= limit
            }
            // A token has a byte at least.
            bound += message.text.utf8.count + (noteTexts[message.id]?.utf8.count ?? 0) + 16
            bound += message.toolCalls.reduce(0) { $0 + $1.text.utf8.count }
            if bound > limit { return false }
        }
        return bound + 64 + (turn.members["tools"]?.text.utf8.count ?? 0) <= limit
    }
}

extension ContextPlan {
    /// Whether it fits without a new cut.
    var isSettled: Bool { fits && cut == nil }
}

extension ContextPlanner {
    /// The plan with a cut that was just made, whether it fits or not.
    func settled(standing cut: ContextCut) -> ContextPlan {
        var plan = plan(standing: cut)
        plan.cut = nil
        return plan
    }
}
