public import GGUF

/// How much each column of each weight matters: the squares of what it was multiplied with, added up over a text.
///
/// Source of the file's form: llama.cpp `tools/imatrix`, a GGUF file with two tensors for each weight, `<name>.in_sum2` and
/// `<name>.counts`. Its older form without a header is not read.
public struct ImportanceMatrix: Sendable, Equatable {
    public struct Entry: Sendable, Equatable {
        /// Columns of the weight.
        public let columns: Int
        /// Sums of squares, matrix by matrix: experts of a mixture, else one.
        public let sums: [Float]
        /// Rows that were added up for each matrix.
        public let counts: [Float]

        public init(columns: Int, sums: [Float], counts: [Float]) {
            self.columns = columns
            self.sums = sums
            self.counts = counts
        }

        /// Mean squares; 1 for an expert that was never chosen.
        public var means: [Float] {
            sums.enumerated().map { index, sum in
                let count = counts[index / columns]
                return count > 0 ? sum / count : 1
            }
        }
    }

    /// By the weights' names.
    public var entries: [String: Entry]
    /// Names of the texts.
    public var datasets: [String]
    /// Pieces of text that were read, and tokens of each.
    public var chunkCount: Int
    public var chunkSize: Int

    public init(entries: [String: Entry], datasets: [String], chunkCount: Int, chunkSize: Int) {
        self.entries = entries
        self.datasets = datasets
        self.chunkCount = chunkCount
        self.chunkSize = chunkSize
    }

    /// What is wrong with a file that should hold one.
    public struct Malformed: Error, Sendable, Equatable, CustomStringConvertible {
        public let description: String
    }
}

// MARK: Files

extension ImportanceMatrix {
    private static let sumsSuffix = ".in_sum2"
    private static let countsSuffix = ".counts"

    /// Reads a file.
    ///
    /// - Throws: `GGUFError` when it is no GGUF file; `Malformed` when it holds something else, or numbers that are none.
    public init(reading source: some ByteSource) throws {
        let file = try GGUFFile.read(from: source)
        guard file.metadata["general.type"]?.string == "imatrix" || file.metadata["imatrix.chunk_count"] != nil else {
            throw Malformed(description: "the file is no importance matrix")
        }
        let tensors = Dictionary(file.tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var entries: [String: Entry] = [:]
        for (name, tensor) in tensors where name.hasSuffix(Self.sumsSuffix) {
            let weight = String(name.dropLast(Self.sumsSuffix.count))
            guard let counts = tensors[weight + Self.countsSuffix] else {
                throw Malformed(description: "'\(weight)' has sums and no counts")
            }
            entries[weight] = try Self.entry(weight, tensor, counts, source)
        }
        guard !entries.isEmpty else { throw Malformed(description: "the importance matrix has no entries") }
        self.init(
            entries: entries, datasets: file.metadata["imatrix.datasets"]?.array?.strings ?? [],
            chunkCount: Int(file.metadata["imatrix.chunk_count"]?.integer ?? 0),
            chunkSize: Int(file.metadata["imatrix.chunk_size"]?.integer ?? 0))
    }

    private static func entry(
        _ weight: String, _ sums: GGUFTensor, _ counts: GGUFTensor, _ source: some ByteSource
    ) throws -> Entry {
        guard sums.type == .f32, counts.type == .f32, let columns = sums.dimensions.first,
            sums.elementCount == columns * counts.elementCount
        else { throw Malformed(description: "the numbers of '\(weight)' have a wrong type or shape") }
        let entry = Entry(
            columns: Int(columns), sums: try numbers(sums, source), counts: try numbers(counts, source))
        guard entry.sums.allSatisfy({ $0.isFinite && $0 >= 0 }), entry.counts.allSatisfy({ $0.isFinite && $0 >= 0 })
        else { throw Malformed(description: "'\(weight)' has a number that is infinite, negative or none") }
        return entry
    }

    private static func numbers(_ tensor: GGUFTensor, _ source: some ByteSource) throws -> [Float] {
        let bytes = try source.read(offset: tensor.byteRange.lowerBound, count: tensor.byteRange.count)
        return (0..<Int(tensor.elementCount)).map { index in
            let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[4 * index + $1]) << UInt32(8 * $1) }
            return Float(bitPattern: bits)
        }
    }

    /// The file, with weights in the order of their names.
    ///
    /// - Throws: `GGUFError` for names that no file can hold.
    public func file() throws(GGUFError) -> GGUFWriter {
        var writer = try GGUFWriter()
        try writer.set("general.type", .string("imatrix"))
        try writer.set("imatrix.datasets", .array(GGUFArray(datasets)))
        try writer.set("imatrix.chunk_count", .uint32(UInt32(clamping: chunkCount)))
        try writer.set("imatrix.chunk_size", .uint32(UInt32(clamping: chunkSize)))
        for (name, entry) in entries.sorted(by: { $0.key < $1.key }) {
            let matrices = UInt64(entry.counts.count)
            try writer.add(
                tensor: name + Self.sumsSuffix, .f32, [UInt64(entry.columns), matrices], bytes: Self.bytes(entry.sums))
            try writer.add(
                tensor: name + Self.countsSuffix, .f32, [1, matrices], bytes: Self.bytes(entry.counts))
        }
        return writer
    }

    private static func bytes(_ numbers: [Float]) -> [UInt8] {
        numbers.flatMap { number in (0..<4).map { UInt8(truncatingIfNeeded: number.bitPattern >> UInt32(8 * $0)) } }
    }
}
