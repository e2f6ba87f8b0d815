public import GGUF
import JSONText

/// All tensors of a checkpoint: of one file, or of several that an index joins.
public struct SafeTensorsCheckpoint {
    /// A tensor, and the file that has its data.
    public struct Entry {
        public let tensor: SafeTensor
        /// The file's name in the folder.
        public let file: String
        public let source: any ByteSource
    }

    /// In the order of the files, and of their headers.
    public let entries: [Entry]
    private let positions: [String: Int]

    public subscript(name: String) -> Entry? { positions[name].map { entries[$0] } }

    /// The file of a checkpoint in one file, and the index of one in several.
    static let fileName = "model.safetensors"
    static let indexName = "model.safetensors.index.json"
    /// Files of a checkpoint at most. The largest published ones have about 200.
    static let shardCountMax = 4096
    /// The index at most, in bytes.
    private static let indexBytesMax = 64 << 20

    /// Reads and checks the headers of all files.
    ///
    /// - Throws: `missing` for a shard or a tensor that the index names and that is not there, `duplicate` for a tensor
    ///   that two files have, `unsafeFormat` when the weights are pickled, and what `SafeTensorsFile` finds.
    public static func read(from folder: some ModelFolder) throws(ModelFormatError) -> Self {
        guard let text = try folder.bytes(of: indexName, max: indexBytesMax) else {
            if try folder.file(fileName) == nil, let refusal = try PickledWeights.refusal(of: folder) { throw refusal }
            return try Self([(fileName, try folder.required(fileName))], expected: nil)
        }
        let index: JSONValue
        do throws(JSONSyntaxError) {
            index = try JSONValue.parse(text, depthMax: 8)
        } catch {
            throw ModelFormatError(error, in: indexName)
        }
        guard let map = index["weight_map"]?.object else {
            throw ModelFormatError(
                .malformed, in: indexName, "weight_map", found: index["weight_map"]?.kind ?? "nothing",
                allowed: "an object that gives each tensor's file")
        }
        var places: [String: String] = [:]
        for (tensor, file) in map {
            guard let name = file.string, isInside(name), !name.contains("/") else {
                throw ModelFormatError(
                    .malformed, in: indexName, "weight_map.\(tensor)", found: file.text, allowed: "a file's name")
            }
            places[tensor] = name
        }
        let names = Set(places.values).sorted()
        guard names.count <= shardCountMax else {
            throw ModelFormatError(
                .tooLarge, in: indexName, "weight_map", found: "\(names.count) files", allowed: "\(shardCountMax)")
        }
        var files: [(String, any ByteSource)] = []
        for name in names { files.append((name, try folder.required(name))) }
        return try Self(files, expected: places)
    }

    private init(_ files: [(String, any ByteSource)], expected: [String: String]?) throws(ModelFormatError) {
        var entries: [Entry] = []
        var positions: [String: Int] = [:]
        for (name, source) in files {
            for tensor in try SafeTensorsFile.read(from: source, named: name).tensors {
                if let other = positions[tensor.name] {
                    throw ModelFormatError(
                        .duplicate, in: name, tensor.name, found: "also in \(entries[other].file)",
                        allowed: "in one file")
                }
                positions[tensor.name] = entries.count
                entries.append(Entry(tensor: tensor, file: name, source: source))
            }
        }
        for (tensor, file) in (expected ?? [:]).sorted(by: { $0.key < $1.key }) {
            guard let position = positions[tensor], entries[position].file == file else {
                throw ModelFormatError(
                    .missing, in: file, tensor,
                    found: positions[tensor].map { "it in \(entries[$0].file)" } ?? "nothing",
                    allowed: "this tensor, as \(Self.indexName) says")
            }
        }
        self.entries = entries
        self.positions = positions
    }
}
