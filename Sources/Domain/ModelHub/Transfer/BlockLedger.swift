/// Which blocks of a file are here, which are on their way and which are missing. Pure.
///
/// A block is finished when all of its bytes are in the file. What is on its way is not remembered from one process to
/// the next.
struct BlockLedger: Sendable, Equatable {
    enum Block: UInt8, Sendable {
        /// Can transition to: taken.
        case missing
        /// Can transition to: finished, missing.
        case taken
        /// Can transition to: missing, when the file turns out to be wrong.
        case finished
    }

    /// Blocks in one go: a request brings more than one block, so that its way to the server and back counts less.
    struct Run: Sendable, Equatable {
        let blocks: Range<Int>
        /// Bytes of the file.
        let bytes: Range<Int>
    }

    /// Bytes of the file.
    let size: Int
    /// Bytes of each block but the last.
    let blockBytes: Int
    private(set) var blocks: [Block]
    private(set) var finishedBytes = 0
    private var missingCount: Int
    /// No block before this one is missing.
    private var firstMissing = 0

    /// Most blocks of a file: 1 TiB in blocks of 1 MiB.
    static let blocksMax = 1 << 20

    /// A ledger in which everything is missing.
    init(size: Int, blockBytes: Int) {
        precondition(size >= 0 && blockBytes > 0, "a file has a size, and its blocks have bytes")
        self.size = size
        self.blockBytes = blockBytes
        let count = (size + blockBytes - 1) / blockBytes
        blocks = Array(repeating: .missing, count: count)
        missingCount = count
    }

    /// Bytes of the file that a block holds.
    func bytes(of block: Int) -> Range<Int> { block * blockBytes..<min(size, (block + 1) * blockBytes) }

    var isComplete: Bool { finishedBytes == size }
    var hasMissing: Bool { missingCount > 0 }

    /// Bytes from the beginning of the file that are all here, counting from a place that is known to be reached.
    func frontier(from bytes: Int) -> Int {
        var block = bytes / blockBytes
        while block < blocks.count, blocks[block] == .finished { block += 1 }
        return max(bytes, min(size, block * blockBytes))
    }

    /// Takes the first missing blocks, so that the file grows from its beginning.
    ///
    /// - Parameter blocksMax: how many at most, at least 1.
    /// - Returns: neighbours, all taken now; `nil` when none is missing.
    mutating func take(blocksMax: Int) -> Run? {
        guard missingCount > 0 else { return nil }
        while blocks[firstMissing] != .missing { firstMissing += 1 }
        var end = firstMissing
        while end < blocks.count, end - firstMissing < blocksMax, blocks[end] == .missing {
            blocks[end] = .taken
            end += 1
        }
        let run = firstMissing..<end
        missingCount -= run.count
        firstMissing = end
        return Run(blocks: run, bytes: bytes(of: run.lowerBound).lowerBound..<bytes(of: run.upperBound - 1).upperBound)
    }

    /// All bytes of a block are in the file, whoever has brought them.
    mutating func finish(_ block: Int) {
        guard blocks[block] != .finished else { return }
        if blocks[block] == .missing { missingCount -= 1 }
        blocks[block] = .finished
        finishedBytes += bytes(of: block).count
    }

    /// Gives back what of a run is not finished.
    mutating func giveBack(_ run: Run) {
        for block in run.blocks where blocks[block] == .taken {
            blocks[block] = .missing
            missingCount += 1
            firstMissing = min(firstMissing, block)
        }
    }

    /// Everything is missing again.
    mutating func reset() { self = BlockLedger(size: size, blockBytes: blockBytes) }
}

extension BlockLedger {
    /// The finished blocks as hexadecimal digits, four blocks a digit, the first block its highest bit.
    var finishedDigits: String {
        var digits = ""
        for start in stride(from: 0, to: blocks.count, by: 4) {
            var digit = 0
            for offset in 0..<4 {
                let isFinished = start + offset < blocks.count && blocks[start + offset] == .finished
                digit = digit << 1 | (isFinished ? 1 : 0)
            }
            digits += String(digit, radix: 16)
        }
        return digits
    }

    /// A ledger with finished blocks as `finishedDigits` wrote them; `nil` when they do not fit the size.
    init?(size: Int, blockBytes: Int, finishedDigits: String) {
        guard size >= 0, blockBytes > 0, (size + blockBytes - 1) / blockBytes <= Self.blocksMax else { return nil }
        self.init(size: size, blockBytes: blockBytes)
        let digits = finishedDigits.map { $0.hexDigitValue }
        guard digits.count == (blocks.count + 3) / 4 else { return nil }
        for (index, digit) in digits.enumerated() {
            guard let digit else { return nil }
            for offset in 0..<4 where digit & (8 >> offset) != 0 {
                let block = index * 4 + offset
                guard block < blocks.count else { return nil }
                blocks[block] = .finished
                finishedBytes += bytes(of: block).count
                missingCount -= 1
            }
        }
    }
}
