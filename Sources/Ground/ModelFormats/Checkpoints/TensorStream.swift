import GGUF

/// The numbers of one tensor on their way from the checkpoint to the file, in pieces of bounded size.
struct TensorStream {
    let entry: SafeTensorsCheckpoint.Entry
    let type: NumberType
    let target: ConversionType
    let rows: PlannedTensor.RowOrder

    /// How much is read at once, in bytes: enough that reading dominates, little beside any model.
    static let pieceBytes = 4 << 20

    /// Gives the numbers in the target's type and order.
    ///
    /// - Throws: `outOfRange` when a number does not fit, `unreadable`, and what `emit` throws.
    func write(_ emit: ([UInt8]) throws -> Void) throws {
        switch rows {
        case .kept:
            try pieces(of: entry.tensor.byteRange) { try emit(try converted($0)) }
        case .interleaved(let headSize):
            let columns = entry.tensor.shape.dropFirst().reduce(1) { $0 * Int($1) }
            let rowBytes = columns * type.byteCount
            let headBytes = UInt64(headSize * rowBytes)
            for head in stride(
                from: entry.tensor.byteRange.lowerBound, to: entry.tensor.byteRange.upperBound, by: Int(headBytes))
            {
                try interleave(head, headSize: headSize, rowBytes: rowBytes, emit)
            }
        }
    }

    /// The rows of a head, one of its first half and one of its second in turn.
    private func interleave(
        _ head: UInt64, headSize: Int, rowBytes: Int, _ emit: ([UInt8]) throws -> Void
    ) throws {
        let half = headSize / 2
        let rowsAtOnce = max(1, min(half, Self.pieceBytes / max(1, 2 * rowBytes)))
        var row = 0
        while row < half {
            let count = min(rowsAtOnce, half - row)
            let first = try read(head + UInt64(row * rowBytes), count * rowBytes)
            let second = try read(head + UInt64((half + row) * rowBytes), count * rowBytes)
            var mixed: [UInt8] = []
            mixed.reserveCapacity(2 * count * rowBytes)
            for index in 0..<count {
                mixed += first[index * rowBytes..<(index + 1) * rowBytes]
                mixed += second[index * rowBytes..<(index + 1) * rowBytes]
            }
            try emit(try converted(mixed))
            row += count
        }
    }

    private func pieces(of range: Range<UInt64>, _ take: ([UInt8]) throws -> Void) throws {
        var start = range.lowerBound
        while start < range.upperBound {
            let count = Int(min(UInt64(Self.pieceBytes), range.upperBound - start))
            try take(try read(start, count))
            start += UInt64(count)
        }
    }

    private func read(_ offset: UInt64, _ count: Int) throws(ModelFormatError) -> [UInt8] {
        try entry.source.bytes(offset, count: count, of: entry.tensor.name, in: entry.file)
    }

    private func converted(_ bytes: [UInt8]) throws(ModelFormatError) -> [UInt8] {
        if let result = NumberConversion(source: type, target: target).converted(bytes) { return result }
        throw ModelFormatError(
            .outOfRange, in: entry.file, entry.tensor.name, found: "a number too large for \(target.rawValue)",
            allowed: Self.range(of: target))
    }

    private static func range(of target: ConversionType) -> String {
        switch target {
        case .f16: "less than 65520; take the type bf16 or f32"
        case .q8_0: "less than 65520 * 127, and a number; take the type bf16 or f32"
        case .bf16, .f32: "a finite number of \(target.rawValue)"
        }
    }
}
