import TestRandomness
import Testing
import Vocabulary

@testable import Conversations

@Suite struct ContextPlannerTests {
    /// A branch that alternates between user and assistant, with some calls of tools and marks; the last one asks.
    private func branch(_ random: inout SeededRandom, turns: Int, tokens: ClosedRange<Int>) -> [ContextItem] {
        var items: [ContextItem] = []
        func add(_ role: ChatMessage.Role, unit: Int? = nil, _ importance: MessageImportance = .normal) {
            items.append(
                ContextItem(
                    id: Samples.id(items.count + 1), role: role, tokens: Int.random(in: tokens, using: &random),
                    importance: importance, unit: unit ?? items.count))
        }
        if Bool.random(using: &random) { add(.system) }
        for _ in 0..<turns {
            add(.user, mark(&random))
            if Int.random(in: 0..<5, using: &random) == 0 {
                add(.assistant, mark(&random))
                let unit = items[items.count - 1].unit
                for _ in 0..<Int.random(in: 1...3, using: &random) { add(.tool, unit: unit, mark(&random)) }
            }
            add(.assistant, mark(&random))
        }
        add(.user)
        return items
    }

    private func mark(_ random: inout SeededRandom) -> MessageImportance {
        switch Int.random(in: 0..<20, using: &random) {
        case 0: .pinned
        case 1: .high
        case 2, 3: .low
        default: .normal
        }
    }

    private func policy(_ mode: ContextPolicy.Mode, cutTo: Double = 0.6) -> ContextPolicy {
        var policy = ContextPolicy()
        policy.mode = mode
        policy.cutTo = cutTo
        return policy
    }

    private func kept(_ cut: ContextPlan.NewCut, _ number: Int) throws -> ContextCut {
        var random = SeededRandom(seed: 9)
        return ContextCut(
            id: "cut_\(number)", conversation: ConversationID(at: Samples.moment(1), using: &random), cut,
            summary: cut.summaryTokens > 0
                ? ContextCut.Summary(text: "s", tokens: cut.summaryTokens, model: "m", messages: 1) : nil,
            isActive: true, created: Samples.moment(number))
    }

    @Test func `nothing changes while a branch fits, and nothing is decided without a limit`() {
        var random = SeededRandom(seed: 1)
        let items = branch(&random, turns: 30, tokens: 1...50)
        let sum = items.reduce(0) { $0 + $1.tokens }
        for limit in [sum + 7, sum + 1000, nil] {
            let plan = ContextPlanner(items, policy: policy(.summarise), limit: limit, overhead: 7).plan(standing: nil)
            #expect(plan.cut == nil && plan.fits && plan.total == sum + 7)
            #expect(plan.decisions.allSatisfy { $0.action == .keep })
        }
        let off = ContextPlanner(items, policy: policy(.off), limit: 100).plan(standing: nil)
        #expect(!off.fits && off.cut == nil && off.decisions.allSatisfy { $0.action == .keep })
    }

    @Test(arguments: 0..<300) func `a cut keeps what it must, holds units together, and goes as far as it says`(
        seed: Int
    ) {
        var random = SeededRandom(seed: UInt64(seed))
        let mode: ContextPolicy.Mode = Bool.random(using: &random) ? .summarise : .truncate
        let items = branch(&random, turns: Int.random(in: 1...60, using: &random), tokens: 1...120)
        let limit = Int.random(in: 200...3000, using: &random)
        let policy = policy(mode, cutTo: Double.random(in: 0.3...0.9, using: &random))
        let plan = ContextPlanner(items, policy: policy, limit: limit, overhead: 10).plan(standing: nil)
        #expect(plan.decisions.count == items.count)
        #expect(plan.fits, "\(plan.total) of \(limit)")
        var byUnit: [Int: Set<Bool>] = [:]
        for (item, decision) in zip(items, plan.decisions) {
            byUnit[item.unit, default: []].insert(decision.isInPrompt)
            if item.importance == .pinned || item.isSystem { #expect(decision.isInPrompt) }
            if mode == .truncate { #expect(decision.action != .summarise) }
            if item.importance == .pinned || item.importance == .high {
                #expect(decision.action != .drop || mode == .truncate)
            }
        }
        #expect(byUnit.values.allSatisfy { $0.count == 1 }, "a call stands with its results, or neither does")
        #expect(plan.decisions.last?.isInPrompt == true)
        guard let cut = plan.cut else {
            #expect(plan.totalUncut <= limit)
            return
        }
        let must = zip(items, plan.decisions).reduce(0) { sum, pair in
            let isMust = [.system, .pinned, .lastTurn, .tooLarge].contains(pair.1.reason)
            return sum + (isMust ? pair.1.tokensKept(of: pair.0.tokens) : 0)
        }
        #expect(plan.total <= max(Int(Double(limit) * policy.cutTo), must + cut.summaryTokens + 10))
        #expect(Set(cut.summarised).count == cut.summarised.count)
        #expect(mode == .summarise || (cut.summarised.isEmpty && cut.summaryTokens == 0))
    }

    @Test(arguments: 0..<100) func `a cut that is kept gives the same plan again, and the same beginning later`(
        seed: Int
    )
        throws
    {
        var random = SeededRandom(seed: UInt64(seed) + 1000)
        let mode: ContextPolicy.Mode = seed % 2 == 0 ? .summarise : .truncate
        var items = branch(&random, turns: 40, tokens: 5...60)
        let limit = 900
        let first = ContextPlanner(items, policy: policy(mode), limit: limit).plan(standing: nil)
        guard let made = first.cut else { return }
        let cut = try kept(made, 1)
        let again = ContextPlanner(items, policy: policy(mode), limit: limit).plan(standing: cut)
        #expect(again.cut == nil)
        #expect(again.decisions.map(\.tokensKeptName) == first.decisions.map(\.tokensKeptName))
        #expect(again.total == first.total)
        for _ in 0..<3 {
            items.append(
                ContextItem(id: Samples.id(items.count + 1), role: .assistant, tokens: 9, unit: items.count))
            items.append(ContextItem(id: Samples.id(items.count + 1), role: .user, tokens: 9, unit: items.count))
            let later = ContextPlanner(items, policy: policy(mode), limit: limit).plan(standing: cut)
            guard later.cut == nil else { return }
            #expect(
                later.decisions.prefix(first.decisions.count).map(\.tokensKeptName)
                    == first.decisions.map(\.tokensKeptName))
        }
    }

    @Test func `cuts are as seldom as their depth lets them be`() throws {
        var items: [ContextItem] = []
        var cut: ContextCut?
        var cuts = 0
        let (turns, turnTokens, limit) = (400, 20, 800)
        for turn in 0..<turns {
            items.append(ContextItem(id: Samples.id(2 * turn + 1), role: .user, tokens: 8, unit: items.count))
            let plan = ContextPlanner(items, policy: policy(.summarise), limit: limit).plan(standing: cut)
            #expect(plan.fits)
            if let made = plan.cut {
                cut = try kept(made, turn)
                cuts += 1
            }
            items.append(ContextItem(id: Samples.id(2 * turn + 2), role: .assistant, tokens: 12, unit: items.count))
        }
        let freed = Int(Double(limit) * 0.4)
        #expect(cuts <= turns * turnTokens / (freed - turnTokens) + 1)
        #expect(cuts >= turns * turnTokens / limit / 2)
    }

    @Test func `a message that is too large loses its middle, and the question stays before everything old`() {
        let items = [
            ContextItem(id: Samples.id(1), role: .user, tokens: 500, unit: 0),
            ContextItem(id: Samples.id(2), role: .assistant, tokens: 500, unit: 1),
            ContextItem(id: Samples.id(3), role: .user, tokens: 100_000, unit: 2),
        ]
        let plan = ContextPlanner(items, policy: policy(.truncate), limit: 1000).plan(standing: nil)
        #expect(plan.decisions[2] == ContextDecision(.shorten(tokens: 600), .tooLarge))
        #expect(plan.decisions[0].action == .drop && plan.decisions[1].action == .drop)
        #expect(plan.fits)
    }

    @Test func `the system prompt and single messages have budgets of their own`() {
        var policy = policy(.truncate)
        policy.systemTokens = 100
        policy.messageTokens = 50
        let items = [
            ContextItem(id: Samples.id(1), role: .system, tokens: 300, unit: 0),
            ContextItem(id: Samples.id(2), role: .user, tokens: 60, unit: 1),
            ContextItem(id: Samples.id(3), role: .assistant, tokens: 60, importance: .pinned, unit: 2),
            ContextItem(id: Samples.id(4), role: .user, tokens: 50, unit: 3),
        ]
        let plan = ContextPlanner(items, policy: policy, limit: 10_000).plan(standing: nil)
        #expect(plan.decisions.map(\.action) == [.shorten(tokens: 100), .shorten(tokens: 50), .keep, .keep])
        #expect(plan.total == 260 && plan.cut == nil)
    }

    @Test func `who pins a message that is summarised has it back at once, with its call`() throws {
        var items = (0..<20).map {
            ContextItem(id: Samples.id($0 + 1), role: $0 % 2 == 0 ? .user : .assistant, tokens: 50, unit: $0)
        }
        items[3].unit = 2
        items.removeLast()
        let first = ContextPlanner(items, policy: policy(.summarise), limit: 700).plan(standing: nil)
        let cut = try kept(try #require(first.cut), 1)
        #expect(!first.decisions[2].isInPrompt)
        items[3].importance = .pinned
        let second = ContextPlanner(items, policy: policy(.summarise), limit: 700).plan(standing: cut)
        #expect(second.decisions[2].isInPrompt && second.decisions[3].isInPrompt && !second.decisions[1].isInPrompt)
    }

    @Test func `the next cut is prepared before it is needed, and only then`() {
        func items(_ count: Int) -> [ContextItem] {
            (0..<count).map {
                ContextItem(id: Samples.id($0 + 1), role: $0 % 2 == 0 ? .user : .assistant, tokens: 10, unit: $0)
            }
        }
        func prepared(_ count: Int, _ mode: ContextPolicy.Mode = .summarise) -> ContextPlan.NewCut? {
            ContextPlanner(items(count), policy: policy(mode), limit: 1000).preparation(standing: nil)
        }
        #expect(prepared(79) == nil)
        #expect(prepared(83) != nil)
        #expect(prepared(83, .truncate) == nil)
    }

    @Test func `shares are even, and the small ones stay whole`() {
        #expect(ContextPlanner.cap([10, 10, 100, 200], sum: 120) == 50)
        #expect(ContextPlanner.cap([1, 2, 3], sum: 100) == 3)
        #expect(ContextPlanner.cap([], sum: 5) == 1)
        #expect(ContextPlanner.cap([100, 100], sum: 0) == 1)
    }
}

extension ContextDecision {
    /// What becomes of a message, whatever the reason.
    fileprivate var tokensKeptName: String {
        switch action {
        case .keep: "keep"
        case .shorten(let tokens): "shorten \(tokens)"
        case .summarise, .drop: isInPrompt ? "" : "out"
        }
    }
}
