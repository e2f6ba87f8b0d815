import Hosting
import Vocabulary

/// A process that serves a model.
struct HostedProcess: Sendable, Hashable {
    var model: ModelID
    var processID: Int32
    /// Where the engine answers, if it is one of ours; others are measured, and nothing is learned from them.
    var engineSocket: String?
}

/// Who has models in memory: what is measured, planned and preloaded.
protocol MemoryHosting: Sendable {
    /// Processes that serve now.
    func processes() async -> [HostedProcess]
    /// Who is loaded, who leaves next, and what that costs.
    func plan() async -> MemoryPlan
    /// Models that could be preloaded, with what they would take.
    func candidates() async -> [HostedModel]
    /// Takes what all processes of each model take of memory, for the next plans.
    func measured(_ uses: [ModelID: Footprint]) async
    /// Has a model loaded, if there is room for it.
    func preload(_ wish: PreloadPlan.Wish) async
}
