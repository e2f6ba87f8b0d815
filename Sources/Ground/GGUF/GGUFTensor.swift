/// One tensor of the directory. Its bytes lie inside the file, aligned, and share nothing with another tensor.
public struct GGUFTensor: Sendable, Equatable {
    public let name: String
    public let type: TensorType
    /// One to four sizes, each at least 1; the first is the length of a row, whose numbers lie next to each other.
    public let dimensions: [UInt64]
    /// Where its data lies, in bytes from the start of the file.
    public let byteRange: Range<UInt64>
    /// How many numbers it holds.
    public let elementCount: UInt64
}

/// How many numbers and bytes a tensor of a shape has.
struct TensorSize: Equatable {
    let elementCount: UInt64
    let byteCount: UInt64

    /// `nil` when the shape is impossible: no or more than four dimensions, an empty one, rows of partial blocks, or more
    /// than 2^63 - 1 bytes or numbers.
    init?(_ dimensions: [UInt64], _ type: TensorType) {
        guard let row = dimensions.first, dimensions.count <= Int(GGUFLimits.dimensionCountMax),
            row.isMultiple(of: type.blockLength)
        else { return nil }
        var elements: UInt64 = 1
        var bytes = type.blockBytes
        for (position, dimension) in dimensions.enumerated() {
            let blocks = position == 0 ? row / type.blockLength : dimension
            let (elementProduct, elementOverflow) = elements.multipliedReportingOverflow(by: dimension)
            let (byteProduct, byteOverflow) = bytes.multipliedReportingOverflow(by: blocks)
            guard dimension > 0, !elementOverflow, !byteOverflow, elementProduct <= Int64.max,
                byteProduct <= Int64.max
            else { return nil }
            elements = elementProduct
            bytes = byteProduct
        }
        elementCount = elements
        byteCount = bytes
    }
}

/// A line of the tensor directory, before its place in the file has been checked.
struct TensorEntry {
    let name: String
    let dimensions: [UInt64]
    let type: TensorType
    let size: TensorSize
    /// From the start of the tensor data.
    let dataOffset: UInt64
    /// Where in the file `dataOffset` stands, for errors.
    let offset: UInt64

    static func all(_ cursor: inout ByteCursor<some ByteSource>, count: UInt64) throws(GGUFError) -> [TensorEntry] {
        var entries: [TensorEntry] = []
        var names: Set<String> = []
        for _ in 0..<count {
            let place = cursor.offset
            let entry = try TensorEntry(&cursor)
            guard names.insert(entry.name).inserted else {
                throw GGUFError(.duplicateName, entry.name, at: place, found: "there a second time", allowed: "once")
            }
            entries.append(entry)
        }
        return entries
    }

    init(_ cursor: inout ByteCursor<some ByteSource>) throws(GGUFError) {
        let start = cursor.offset
        let bytes = try cursor.text(of: "tensor name", lengthMax: GGUFLimits.tensorNameLengthMax)
        let name = try checkedName(bytes, of: "tensor name", at: start)
        let shapeStart = cursor.offset
        let dimensionCount = try cursor.integer(UInt32.self, of: name)
        guard (1...GGUFLimits.dimensionCountMax).contains(dimensionCount) else {
            throw GGUFError(
                .invalidShape, name, at: shapeStart, found: "\(dimensionCount) dimensions", allowed: "1 to 4")
        }
        var dimensions: [UInt64] = []
        for _ in 0..<dimensionCount { dimensions.append(try cursor.integer(UInt64.self, of: name)) }
        let typeStart = cursor.offset
        let number = try cursor.integer(UInt32.self, of: name)
        guard let type = TensorType(rawValue: number) else {
            throw GGUFError(
                .unknownTensorType, name, at: typeStart, found: "type \(number)", allowed: "a type of ggml")
        }
        guard let size = TensorSize(dimensions, type) else {
            throw GGUFError(
                .invalidShape, name, at: shapeStart,
                found: "\(dimensions.map(String.init).joined(separator: " x ")) of \(type.label)",
                allowed: "sizes from 1, rows in multiples of \(type.blockLength), at most \(Int64.max) in all")
        }
        offset = cursor.offset
        dataOffset = try cursor.integer(UInt64.self, of: name)
        self.name = name
        self.dimensions = dimensions
        self.type = type
        self.size = size
    }
}
