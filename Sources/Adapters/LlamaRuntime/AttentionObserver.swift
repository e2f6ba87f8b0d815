import CLlama
import CLlamaShim

/// Watches where the rows of a context's batches look. Not `Sendable`: confined to the context's thread.
@safe
final class AttentionObserver {
    private let handle: OpaquePointer

    /// `nil` when there is no memory.
    init?() {
        guard let made = unsafe nexus_llama_observer_new() else { return nil }
        unsafe handle = made
    }

    deinit { unsafe nexus_llama_observer_free(handle) }

    /// Lets a context that is made with these parameters be watched, as long as this lives.
    func attach(to parameters: inout llama_context_params) {
        unsafe nexus_llama_observer_attach(handle, &parameters)
    }

    /// Runs a computation and gives what was seen of it.
    ///
    /// - Parameters:
    ///   - cells: of the key-value cache, with those that it was rounded up by.
    ///   - compute: decodes one batch of one sequence.
    /// - Returns: the attention of all rows, heads and layers to each cell, and whether the last row could see it; empty when
    ///   the graph shows none, or the batch was computed in pieces.
    /// - Throws: what the computation throws.
    func watch(cells: Int, _ compute: () throws(LlamaError) -> Void) throws(LlamaError) -> (
        weights: [Float], visible: [Bool]
    ) {
        unsafe nexus_llama_observer_set(handle, true)
        defer { unsafe nexus_llama_observer_set(handle, false) }
        try compute()
        var weights = [Float](repeating: 0, count: cells)
        var visible = [Bool](repeating: false, count: cells)
        let count = min(cells, unsafe nexus_llama_observer_read(handle, &weights, &visible, cells))
        return (Array(weights.prefix(count)), Array(visible.prefix(count)))
    }
}

/// Reads the positions of a sequence out of its state.
///
/// Layout of `llama_context::state_seq_get_data` and `llama_kv_cache::state_write`: a mark (4 bytes), the sequence (4), streams
/// (4), cells (4), then for each cell, in the order of cells, its position (4), the number of its sequences (4, here 1) and
/// that sequence (4).
enum StatePositions {
    private static let headBytes = 16

    static func read(_ state: [UInt8]) -> [Int]? {
        func number(_ offset: Int) -> Int {
            (0..<4).reduce(0) { $0 | Int(state[offset + $1]) << (8 * $1) }
        }
        guard state.count >= headBytes, number(8) == 1 else { return nil }
        let count = number(12)
        guard count <= (state.count - headBytes) / 12 else { return nil }
        var positions: [Int] = []
        positions.reserveCapacity(count)
        for cell in 0..<count {
            let offset = headBytes + 12 * cell
            guard number(offset + 4) == 1 else { return nil }
            positions.append(number(offset))
        }
        return Set(positions).count == count ? positions : nil
    }
}
