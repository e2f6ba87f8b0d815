import CLogits

/// The largest logit of each block of 64, found with the widest instructions that the processor has. Swift is compiled for
/// any processor of a kind and works on four numbers at once; this pass over all logits is most of what a choice costs.
struct BlockMaxima {
    enum Width: UInt32, CaseIterable {
        case any, bits256, bits512

        static let widest = Width(rawValue: nexus_widest().rawValue) ?? .any
    }

    private let width: nexus_width

    /// - Parameter width: the processor must have it.
    init(_ width: Width = .widest) { self.width = nexus_width(rawValue: width.rawValue) }

    /// Writes the largest logit of each block.
    ///
    /// - Returns: NaN when a logit is, or when there are infinities of both signs.
    func find(_ logits: UnsafePointer<Float>, blocks: Int, into maxima: UnsafeMutablePointer<Float>) -> Float {
        nexus_block_maxima(width, logits, blocks, maxima)
    }

    /// Takes what is known already.
    ///
    /// - Returns: NaN when one of them is.
    static func take(_ known: UnsafeBufferPointer<Float>, into maxima: UnsafeMutablePointer<Float>) -> Float {
        guard let base = known.baseAddress else { return 0 }
        maxima.update(from: base, count: known.count)
        var sums = Lanes(repeating: 0)
        let whole = known.count / 8 * 8
        for start in stride(from: 0, to: whole, by: 8) { sums += Lanes.load(base + start) }
        return known[whole...].reduce(sums.total, +)
    }
}
