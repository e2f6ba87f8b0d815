/// One row of logits in blocks of 64, with the largest logit of each block.
///
/// The row itself is never copied and never changed. A block in which something differs (a penalty, a bias, a mask that
/// allows part of it) is copied and changed there; all other blocks are read where they lie. One pass finds the largest
/// logit of every block, and everything later looks only into blocks whose largest logit is large enough.
final class LogitRow {
    /// Tokens of a block: as many as a word of a mask has bits.
    static let blockSize = 64
    /// Groups of blocks; a multiple of eight.
    static let groupCount = 128
    /// In `places`: the block is read from the row.
    private static let isUnchanged: Int32 = -1
    /// In `places`: no token of the block is allowed.
    private static let isEmpty: Int32 = -2

    let count: Int
    let blockCount: Int
    private let blocks: BlockMaxima
    /// The largest logit of each block; minus infinity when it has none.
    let maxima: UnsafeMutablePointer<Float>
    /// The sum of each block after `sumExponentials`.
    let sums: UnsafeMutablePointer<Float>
    /// For each block where its changed copy lies in `copies`, in blocks, or one of the constants above.
    private let places: UnsafeMutablePointer<Int32>
    private let copies: UnsafeMutablePointer<Float>
    private var copyCount = 0
    /// Room for the selection of thresholds.
    let heap: UnsafeMutablePointer<Float>
    let groups: UnsafeMutablePointer<Float>
    /// The largest logit, after `measure`.
    private(set) var largest = -Float.infinity
    /// Blocks with a finite logit, after `measure`.
    private(set) var liveBlocks = 0

    /// - Parameters:
    ///   - count: of logits.
    ///   - blocks: how their blocks are looked at.
    init(count: Int, blocks: BlockMaxima = BlockMaxima()) {
        self.count = count
        self.blocks = blocks
        blockCount = (count + Self.blockSize - 1) / Self.blockSize
        maxima = .allocate(capacity: blockCount)
        sums = .allocate(capacity: blockCount)
        places = .allocate(capacity: blockCount)
        heap = .allocate(capacity: blockCount)
        groups = .allocate(capacity: Self.groupCount)
        copies = .allocate(capacity: blockCount * Self.blockSize)
        maxima.initialize(repeating: 0, count: blockCount)
        sums.initialize(repeating: 0, count: blockCount)
        places.initialize(repeating: Self.isUnchanged, count: blockCount)
        heap.initialize(repeating: 0, count: blockCount)
        groups.initialize(repeating: 0, count: Self.groupCount)
        copies.initialize(repeating: 0, count: blockCount * Self.blockSize)
    }

    deinit {
        maxima.deallocate()
        sums.deallocate()
        places.deallocate()
        heap.deallocate()
        groups.deallocate()
        copies.deallocate()
    }

    /// Starts with a row of which the tokens of `mask` are allowed: bit `token % 64` of word `token / 64`.
    func start(_ base: UnsafePointer<Float>, mask: UnsafeBufferPointer<UInt64>?) {
        copyCount = 0
        places.update(repeating: Self.isUnchanged, count: blockCount)
        // The last block is padded to its full length.
        if count % Self.blockSize != 0 { copy(blockCount - 1, base) }
        guard let mask else { return }
        precondition(mask.count == blockCount, "a mask has one word for each 64 tokens")
        for block in 0..<blockCount where mask[block] != .max { allow(mask[block], in: block, base) }
    }

    private func allow(_ word: UInt64, in block: Int, _ base: UnsafePointer<Float>) {
        guard word != 0 else {
            places[block] = Self.isEmpty
            return
        }
        let logits = copy(block, base)
        for group in 0..<8 {
            let allowed = UInt8(truncatingIfNeeded: word >> UInt64(8 * group))
            Lanes.load(logits + 8 * group).allowed(by: allowed).store(logits + 8 * group)
        }
    }

    @discardableResult
    private func copy(_ block: Int, _ base: UnsafePointer<Float>) -> UnsafeMutablePointer<Float> {
        let place = places[block]
        if place >= 0 { return copies + Int(place) * Self.blockSize }
        let target = copies + copyCount * Self.blockSize
        places[block] = Int32(copyCount)
        copyCount += 1
        let length = min(Self.blockSize, count - block * Self.blockSize)
        target.update(from: base + block * Self.blockSize, count: length)
        if length < Self.blockSize {
            (target + length).update(repeating: -.infinity, count: Self.blockSize - length)
        }
        return target
    }

    /// Changes the logit of one token; nothing when it is masked or not in the vocabulary. Before `measure`.
    @inline(__always)
    func change(_ token: Int32, _ base: UnsafePointer<Float>, _ change: (Float) -> Float) {
        guard token >= 0, token < count else { return }
        let block = Int(token) / Self.blockSize
        guard places[block] != Self.isEmpty else { return }
        let logits = copy(block, base)
        let index = Int(token) % Self.blockSize
        if logits[index] > -.infinity || logits[index].isNaN { logits[index] = change(logits[index]) }
    }

    @inline(__always)
    func logits(of block: Int, _ base: UnsafePointer<Float>) -> UnsafePointer<Float> {
        let place = places[block]
        return place >= 0
            ? UnsafePointer(copies + Int(place) * Self.blockSize) : base + block * Self.blockSize
    }

    /// Finds the largest logit of every block.
    ///
    /// - Parameters:
    ///   - base: the row.
    ///   - known: those of its whole blocks, if they were found before.
    /// - Throws: `notFinite` for a NaN or plus infinity that may be chosen, `nothingAllowed` when no logit is finite.
    func measure(_ base: UnsafePointer<Float>, _ known: UnsafeBufferPointer<Float>? = nil) throws(SamplingError) {
        largest = -.infinity
        liveBlocks = 0
        // The whole row first, then the blocks in which something differs. A NaN in a block that is not allowed makes a
        // closer look necessary, and nothing else.
        var check =
            if let known {
                BlockMaxima.take(known, into: maxima)
            } else {
                blocks.find(base, blocks: count / Self.blockSize, into: maxima)
            }
        for block in 0..<blockCount {
            let place = places[block]
            if place != Self.isUnchanged {
                maxima[block] = -.infinity
                if place >= 0 { check += blocks.find(logits(of: block, base), blocks: 1, into: maxima + block) }
            }
            let peak = maxima[block]
            if peak > -.infinity { liveBlocks += 1 }
            if peak > largest { largest = peak }
        }
        if check.isNaN { try refuseNaN(base) }
        guard largest < .infinity else { throw .notFinite }
        guard largest > -.infinity else { throw .nothingAllowed }
    }

    /// What `measure` only suspected.
    private func refuseNaN(_ base: UnsafePointer<Float>) throws(SamplingError) {
        for block in 0..<blockCount where places[block] != Self.isEmpty {
            let pointer = logits(of: block, base)
            for index in 0..<Self.blockSize where pointer[index].isNaN { throw .notFinite }
        }
    }
}
