import Testing
import Vocabulary

@testable import Inference

@Suite struct PreemptionPolicyTests {
    private let policy = PreemptionPolicy(parkedTokensMax: 1000)

    private func running(
        _ key: UInt64, _ priority: Priority, tenant: String = "", weight: Double = 1, computed: Int = 100,
        since: Int = 1000, parkings: Int = 0
    ) -> PreemptionCandidate {
        PreemptionCandidate(
            key: key, priority: priority, tenant: TenantID(tenant), weight: weight,
            state: .running(tokensSinceStart: since), computed: computed, parkings: parkings)
    }

    private func parked(_ key: UInt64, _ priority: Priority, since: Duration = .zero, computed: Int = 100)
        -> PreemptionCandidate
    {
        PreemptionCandidate(key: key, priority: priority, state: .parked(since: since), computed: computed, parkings: 1)
    }

    @Test func `only a strictly higher priority makes somebody give way`() {
        let candidates = [running(1, .normal), running(2, .high)]
        #expect(policy.victim(among: candidates, for: .low) == nil)
        #expect(policy.victim(among: candidates, for: .normal) == nil)
        #expect(policy.victim(among: candidates, for: .high) == 1)
        #expect(policy.victim(among: [], for: .critical) == nil)
    }

    @Test func `the lowest priority gives way, then whose tenant has most, then who has least to keep`() {
        #expect(policy.victim(among: [running(1, .normal, computed: 5), running(2, .low)], for: .high) == 2)
        let crowded = [
            running(1, .low, tenant: "a", computed: 5), running(2, .low, tenant: "b"),
            running(3, .normal, tenant: "b"),
        ]
        #expect(policy.victim(among: crowded, for: .high) == 2)
        let weighted = [
            running(1, .low, tenant: "a", computed: 50), running(2, .low, tenant: "b", weight: 4, computed: 5),
            running(3, .normal, tenant: "b", weight: 4),
        ]
        #expect(policy.victim(among: weighted, for: .high) == 1)
        #expect(policy.victim(among: [running(1, .low), running(2, .low, computed: 5)], for: .high) == 2)
        #expect(policy.victim(among: [running(1, .low), running(2, .low)], for: .high) == 2)
    }

    @Test func `who has just come back, or was parked often, stays`() {
        #expect(policy.victim(among: [running(1, .low, since: 31)], for: .critical) == nil)
        #expect(policy.victim(among: [running(1, .low, since: 32)], for: .critical) == 1)
        #expect(policy.victim(among: [running(1, .low, parkings: 3)], for: .critical) == nil)
    }

    @Test func `nobody is parked for whom there is no memory`() {
        let full = [parked(1, .low, computed: 950), running(2, .low, computed: 51), running(3, .low, computed: 60)]
        #expect(policy.victim(among: full, for: .critical) == nil)
        #expect(policy.victim(among: full + [running(4, .normal, computed: 50)], for: .critical) == 4)
    }

    @Test func `a parked sequence goes before waiting ones of its level, and rises while it is parked`() {
        #expect(policy.resumed(among: [running(1, .low)], waitingLevel: nil, now: .zero) == nil)
        let both = [parked(1, .low), parked(2, .normal), parked(3, .normal)]
        #expect(policy.resumed(among: both, waitingLevel: nil, now: .zero) == 2)
        #expect(policy.resumed(among: both, waitingLevel: 1, now: .zero) == 2)
        #expect(policy.resumed(among: both, waitingLevel: 2, now: .zero) == nil)
        let step = QueueOptions.ageingStepDefault
        #expect(policy.resumed(among: [parked(1, .low)], waitingLevel: 3, now: step * 2) == nil)
        #expect(policy.resumed(among: [parked(1, .low)], waitingLevel: 3, now: step * 3) == 1)
        #expect(policy.resumed(among: [parked(1, .low)], waitingLevel: 3, now: step * 1_000_000) == 1)
    }
}
