/// Where tensor data may lie, and the check that it does: aligned, inside the file, no two in one place.
struct DataLayout {
    /// Where the tensor data starts in the file.
    let start: UInt64
    let alignment: UInt64
    /// Size of the whole file.
    let byteCount: UInt64

    func tensors(_ entries: [TensorEntry]) throws(GGUFError) -> [GGUFTensor] {
        var tensors: [GGUFTensor] = []
        for entry in entries { tensors.append(try placed(entry)) }
        let order = tensors.indices.sorted { tensors[$0].byteRange.lowerBound < tensors[$1].byteRange.lowerBound }
        for (before, after) in zip(order, order.dropFirst()) {
            let earlier = tensors[before]
            let later = tensors[after]
            guard earlier.byteRange.upperBound <= later.byteRange.lowerBound else {
                throw GGUFError(
                    .overlapping, later.name, at: entries[after].offset,
                    found: "from byte \(later.byteRange.lowerBound)",
                    allowed: "from byte \(earlier.byteRange.upperBound), where '\(earlier.name)' ends")
            }
        }
        return tensors
    }

    private func placed(_ entry: TensorEntry) throws(GGUFError) -> GGUFTensor {
        guard entry.dataOffset.isMultiple(of: alignment) else {
            throw GGUFError(
                .misaligned, entry.name, at: entry.offset, found: "at \(entry.dataOffset)",
                allowed: "a multiple of \(alignment)")
        }
        let (first, startOverflow) = start.addingReportingOverflow(entry.dataOffset)
        let (end, endOverflow) = first.addingReportingOverflow(entry.size.byteCount)
        guard !startOverflow, !endOverflow, end <= byteCount else {
            throw GGUFError(
                .outsideFile, entry.name, at: entry.offset,
                found: "\(entry.size.byteCount) bytes from \(entry.dataOffset) of the data",
                allowed: "up to the file's end, \(byteCount - min(byteCount, start)) bytes of data")
        }
        return GGUFTensor(
            name: entry.name, type: entry.type, dimensions: entry.dimensions, byteRange: first..<end,
            elementCount: entry.size.elementCount)
    }
}

extension UInt64 {
    /// The next multiple of `alignment`, which is not 0.
    func roundedUp(to alignment: UInt64) throws(GGUFError) -> UInt64 {
        let excess = self % alignment
        guard excess > 0 else { return self }
        let (sum, overflow) = addingReportingOverflow(alignment - excess)
        guard !overflow else {
            throw GGUFError(.tooLarge, "tensor data", at: self, found: "past 2^64", allowed: "inside the file")
        }
        return sum
    }
}
