import Vocabulary

/// Who gives way when the key-value cache is full, and what must be free before somebody comes back. Pure.
///
/// **Nobody is parked for ever.** The oldest of the most urgent sequences never gives way, so it is done some day and leaves
/// all its cells. Whoever was parked starts again only when there is room for all of its prompt and for some tokens of
/// everybody: two sequences cannot push each other out in turns. One that is alone needs one free cell more than it has; one
/// that finds none has all that there is, and ends with `length`.
struct RoomPolicy: Sendable {
    /// Tokens that a sequence which comes back, and each one beside it, can write before room gets short again.
    static let tokensToGoOn = 64

    /// Cells that must be free before a sequence starts, or goes on after it was parked.
    ///
    /// - Parameters:
    ///   - prompt: tokens of its prompt.
    ///   - computed: tokens that it has already, of prompt and answer.
    ///   - running: sequences that share the cells with it.
    /// - Returns: a number of cells.
    static func cellsToStart(prompt: Int, computed: Int, running: Int) -> Int {
        max(prompt, computed) + (running == 0 ? 1 : tokensToGoOn * (running + 1))
    }

    /// Which sequence gives way: the last one to come among the least urgent.
    ///
    /// - Parameter running: those that share the cells.
    /// - Returns: its key; `nil` when there are not two.
    static func givingWay(among running: [(key: UInt64, priority: Priority)]) -> UInt64? {
        guard running.count > 1 else { return nil }
        return running.min { $0.priority == $1.priority ? $0.key > $1.key : $0.priority < $1.priority }?.key
    }

    /// Whether a request that came for the first time waits for cells instead of starting.
    ///
    /// A more urgent one than any of those who run starts at once: one of them gives way.
    ///
    /// - Parameters:
    ///   - priority: what it asked for.
    ///   - cells: what `cellsToStart` gave for it.
    ///   - cellsFree: cells that hold nothing.
    ///   - running: the priorities of those that share the cells.
    /// - Returns: whether it is to wait.
    static func mustWait(_ priority: Priority, cells: Int, cellsFree: Int, running: [Priority]) -> Bool {
        cells > cellsFree && !running.isEmpty && running.allSatisfy { $0 >= priority }
    }
}
