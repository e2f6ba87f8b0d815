import Vocabulary

extension ResidencyPlanner {
    /// What a model has to find.
    struct Need {
        let footprint: Footprint
        let group: String?

        init(_ entry: Entry) {
            footprint = entry.wanted
            group = entry.model.group
        }
    }

    /// Free memory, and memory that is coming free, while demands are looked at one after the other.
    struct Ledger {
        private var all: Pool
        private var groups: [String: Pool] = [:]
        /// Models that were told to leave meanwhile.
        private(set) var leaving: Set<ModelID> = []

        /// What one budget has.
        private struct Pool {
            var free: Footprint
            var coming = Footprint.none

            /// Takes what is free first.
            mutating func take(_ footprint: Footprint) {
                let rest = footprint.less(free)
                free = free.less(footprint)
                coming = coming.less(rest)
            }
        }

        init(_ planner: ResidencyPlanner) {
            all = Pool(free: planner.policy.budget.less(planner.reserved))
            for (group, budget) in planner.policy.groupBudgets {
                let members = planner.entries.values.filter { $0.model.group == group }
                groups[group] = Pool(free: budget.less(members.reduce(.none) { $0 + $1.reserved }))
            }
            for entry in planner.entries.values where entry.isGoing { add(entry) }
        }

        private mutating func add(_ entry: Entry) {
            all.coming = all.coming + entry.reserved
            guard let group = entry.model.group, var pool = groups[group] else { return }
            pool.coming = pool.coming + entry.reserved
            groups[group] = pool
        }

        mutating func leaves(_ entry: Entry) {
            leaving.insert(entry.model.id)
            add(entry)
        }

        mutating func take(_ need: Need) {
            all.take(need.footprint)
            if let group = need.group { groups[group]?.take(need.footprint) }
        }

        func hasNow(_ need: Need) -> Bool {
            need.footprint.fits(in: all.free)
                && need.group.flatMap { groups[$0] }.map { need.footprint.fits(in: $0.free) } ?? true
        }

        func hasSoon(_ need: Need) -> Bool { couldHave(need, without: []) }

        /// Whether it would fit if these left.
        func couldHave(_ need: Need, without gone: [Entry]) -> Bool {
            need.footprint.fits(in: freeWithout(gone)) && couldHaveInGroup(need, without: gone)
        }

        private func couldHaveInGroup(_ need: Need, without gone: [Entry]) -> Bool {
            guard let name = need.group, let pool = groups[name] else { return true }
            let members = gone.filter { $0.model.group == name }
            return need.footprint.fits(in: members.reduce(pool.free + pool.coming) { $0 + $1.reserved })
        }

        private func freeWithout(_ gone: [Entry]) -> Footprint {
            gone.reduce(all.free + all.coming) { $0 + $1.reserved }
        }

        /// The first of the candidates that make enough room together, without those that are not needed for it; `nil` when
        /// all of them do not.
        func victims(of candidates: [Entry], for need: Need) -> [Entry]? {
            var chosen: [Entry] = []
            for candidate in candidates {
                chosen.append(candidate)
                guard couldHave(need, without: chosen) else { continue }
                for entry in chosen.reversed() {
                    let rest = chosen.filter { $0.model.id != entry.model.id }
                    if couldHave(need, without: rest) { chosen = rest }
                }
                return chosen
            }
            return nil
        }
    }
}
