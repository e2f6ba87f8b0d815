import Vocabulary

extension ContextPlanner {
    /// Which units of a branch stay when a cut is made. Filled from the most to the least needed one.
    struct Choice {
        private let items: [ContextItem]
        /// The places of each unit's items, in order.
        private let units: [Range<Int>]
        /// What the cut before left out; it comes back only for who is important.
        private let wasOut: [Bool]
        private var taken: [ContextDecision.Reason?]
        private var caps: [Int?]
        /// Tokens in the prompt so far.
        private(set) var used: Int
        /// From here on everything stays, but what is unimportant.
        private(set) var tailStart: Int

        /// - Parameters:
        ///   - items: the branch.
        ///   - standing: the plan before.
        ///   - summaryTokens: tokens that are taken before any message.
        init(items: [ContextItem], standing: ContextPlan, summaryTokens: Int) {
            self.items = items
            var units: [Range<Int>] = []
            for index in items.indices {
                if let last = units.last, items[last.lowerBound].unit == items[index].unit {
                    units[units.count - 1] = last.lowerBound..<(index + 1)
                } else {
                    units.append(index..<(index + 1))
                }
            }
            self.units = units
            wasOut = units.map { unit in unit.allSatisfy { !standing.decisions[$0].isInPrompt } }
            taken = Array(repeating: nil, count: units.count)
            caps = items.indices.map { index in
                if case .shorten(let tokens) = standing.decisions[index].action { return tokens }
                return nil
            }
            used = summaryTokens
            tailStart = items.count
        }

        private func importance(of unit: Range<Int>) -> MessageImportance {
            unit.map { items[$0].importance }.max() ?? .normal
        }

        private func tokens(of unit: Range<Int>) -> Int {
            unit.reduce(0) { $0 + min(items[$1].tokens, caps[$1] ?? .max) }
        }

        private mutating func take(_ place: Int, _ reason: ContextDecision.Reason) {
            guard taken[place] == nil else { return }
            taken[place] = reason
            used += tokens(of: units[place])
        }

        /// System prompts, pinned messages, and what is to be answered.
        mutating func takeMandatory() {
            let question = units.lastIndex { items[$0.lowerBound].role == .user } ?? units.count - 1
            for place in question..<units.count { take(place, .lastTurn) }
            tailStart = units[question].lowerBound
            for place in units.indices {
                if items[units[place].lowerBound].isSystem {
                    take(place, .system)
                } else if importance(of: units[place]) == .pinned {
                    take(place, .pinned)
                }
            }
        }

        /// The largest of what was taken lose their middles.
        mutating func shorten(to target: Int) {
            let places = units.indices.filter { taken[$0] != nil }.flatMap { Array(units[$0]) }
            let fixed = used - places.reduce(0) { $0 + min(items[$1].tokens, caps[$1] ?? .max) }
            let cap = ContextPlanner.cap(
                places.map { min(items[$0].tokens, caps[$0] ?? .max) }, sum: max(places.count, target - fixed))
            for place in places where min(items[place].tokens, caps[place] ?? .max) > cap { caps[place] = cap }
            used = fixed + places.reduce(0) { $0 + min(items[$1].tokens, caps[$1] ?? .max) }
        }

        /// Important messages, the newest first.
        mutating func takeImportant(room: Int) {
            var room = room
            for place in units.indices.reversed() where taken[place] == nil && importance(of: units[place]) == .high {
                let tokens = tokens(of: units[place])
                guard tokens <= room else { continue }
                room -= tokens
                take(place, .important)
            }
        }

        /// The end of the branch, as far as there is room, beginning with a message of the user.
        mutating func takeRecent(room: Int) {
            var room = room
            var chosen: [Int] = []
            let end = units.lastIndex { $0.lowerBound < tailStart } ?? -1
            for place in stride(from: end, through: 0, by: -1) {
                let unit = units[place]
                guard taken[place] == nil else { continue }
                if importance(of: unit) == .low { continue }
                let tokens = tokens(of: unit)
                guard !wasOut[place], tokens <= room else { break }
                room -= tokens
                chosen.append(place)
            }
            while let first = chosen.last, items[units[first].lowerBound].role != .user { chosen.removeLast() }
            for place in chosen { take(place, .recent) }
            if let first = chosen.last { tailStart = units[first].lowerBound }
        }

        func decisions(summarises: Bool) -> [ContextDecision] {
            var decisions: [ContextDecision] = []
            for (place, unit) in units.enumerated() {
                for index in unit {
                    if let reason = taken[place] {
                        let cap = caps[index].flatMap { $0 < items[index].tokens ? $0 : nil }
                        decisions.append(
                            cap.map { ContextDecision(.shorten(tokens: $0), .tooLarge) }
                                ?? ContextDecision(.keep, reason))
                    } else if importance(of: unit) == .low {
                        decisions.append(ContextDecision(.drop, .unimportant))
                    } else {
                        decisions.append(ContextDecision(summarises ? .summarise : .drop, .old))
                    }
                }
            }
            return decisions
        }
    }
}
