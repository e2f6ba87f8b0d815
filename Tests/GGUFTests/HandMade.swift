import Foundation

@testable import GGUF

/// A file made byte by byte, so that a test can write what no writer would.
struct HandMade {
    private(set) var bytes: [UInt8] = []

    init(
        magic: String = "GGUF", version: UInt32 = 3, tensors: UInt64 = 0, metadata: UInt64 = 0
    ) {
        bytes += magic.utf8
        number(version)
        number(tensors)
        number(metadata)
    }

    init(bytes: [UInt8]) { self.bytes = bytes }

    var count: UInt64 { UInt64(bytes.count) }

    mutating func number(_ value: some FixedWidthInteger) { bytes += value.littleEndianBytes }
    mutating func raw(_ raw: [UInt8]) { bytes += raw }

    mutating func text(_ text: String) { self.text(Array(text.utf8)) }

    mutating func text(_ text: [UInt8]) {
        number(UInt64(text.count))
        bytes += text
    }

    /// A key, a type and the value's bytes.
    mutating func entry(_ key: String, type: UInt32, _ value: [UInt8]) {
        text(key)
        number(type)
        bytes += value
    }

    mutating func tensor(_ name: String, _ dimensions: [UInt64], type: UInt32 = 0, offset: UInt64 = 0) {
        text(name)
        number(UInt32(dimensions.count))
        for dimension in dimensions { number(dimension) }
        number(type)
        number(offset)
    }

    mutating func pad(to alignment: Int = 32, plus count: Int = 0) {
        while bytes.count % alignment != 0 { bytes.append(0) }
        bytes += [UInt8](repeating: 7, count: count)
    }

    func read(limits: GGUFLimits = GGUFLimits()) throws(GGUFError) -> GGUFFile {
        try GGUFFile.read(from: BytesInMemory(bytes), limits: limits)
    }
}

/// Model files that the tests know of.
enum Models {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static let tinyChat = root.appending(path: "Models/tiny-chat.gguf").path

    /// More files, where the machine has them beside the checkout.
    static let others: [String] = ["../shared/data", "../../shared/data"].flatMap { data in
        ["models", "tokenizers"].flatMap { folder -> [String] in
            let folder = root.appending(path: "\(data)/\(folder)").standardizedFileURL
            let files = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            return (files ?? []).filter { $0.pathExtension == "gguf" }.map(\.path).sorted()
        }
    }
}

/// What every accepted file must satisfy, whatever its bytes were.
func violations(of file: GGUFFile) -> [String] {
    var found: [String] = []
    if Set(file.metadata.keys).count != file.metadata.count { found.append("a key twice") }
    if Set(file.tensors.map(\.name)).count != file.tensors.count { found.append("a tensor twice") }
    if file.alignment.nonzeroBitCount != 1 { found.append("alignment \(file.alignment)") }
    var end = file.dataOffset
    for tensor in file.tensors.sorted(by: { $0.byteRange.lowerBound < $1.byteRange.lowerBound }) {
        if tensor.byteRange.lowerBound < end { found.append("\(tensor.name) overlaps") }
        if tensor.byteRange.upperBound > file.byteCount { found.append("\(tensor.name) outside") }
        if tensor.byteRange.lowerBound % file.alignment != 0 { found.append("\(tensor.name) misaligned") }
        if tensor.elementCount != tensor.dimensions.reduce(1, &*) { found.append("\(tensor.name) count") }
        let bytes = tensor.elementCount / tensor.type.blockLength * tensor.type.blockBytes
        if UInt64(tensor.byteRange.count) != bytes { found.append("\(tensor.name) size") }
        end = max(end, tensor.byteRange.upperBound)
    }
    return found
}
