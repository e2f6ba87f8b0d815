import Testing

@testable import GGUF

/// A damaged file and what the reader must say of it.
struct Refusal: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let kind: GGUFError.Kind
    let field: String
    let offset: UInt64
    let bytes: [UInt8]

    init(
        _ name: String, _ kind: GGUFError.Kind, _ field: String, at offset: UInt64, _ make: () -> HandMade
    ) {
        testDescription = name
        self.kind = kind
        self.field = field
        self.offset = offset
        bytes = make().bytes
    }
}

private func metadata(_ count: UInt64 = 1, _ write: (inout HandMade) -> Void) -> HandMade {
    var made = HandMade(metadata: count)
    write(&made)
    return made
}

private func tensors(_ count: UInt64 = 1, _ write: (inout HandMade) -> Void) -> HandMade {
    var made = HandMade(tensors: count)
    write(&made)
    return made
}

/// A file of one entry `a` of type array.
private func array(of type: UInt32, count: UInt64, _ payload: [UInt8] = []) -> HandMade {
    metadata { $0.entry("a", type: 9, type.littleEndianBytes + count.littleEndianBytes + payload) }
}

private let padding = [UInt8](repeating: 0, count: 64)

/// Offsets: the head is 24 bytes; the key "a" takes 24 to 32, its type 33 to 36, its value starts at 37.
private let headRefusals: [Refusal] = [
    Refusal("an empty file", .truncated, "magic", at: 0) { HandMade(magic: "").with { $0 = [] } },
    Refusal("another magic", .notGGUF, "magic", at: 0) { HandMade(magic: "GGML") },
    Refusal("a head cut short", .truncated, "tensor count", at: 8) { HandMade().with { $0 = Array($0[..<12]) } },
    Refusal("version 0", .unsupportedVersion, "version", at: 4) { HandMade(version: 0) },
    Refusal("version 1", .unsupportedVersion, "version", at: 4) { HandMade(version: 1) },
    Refusal("version 4", .unsupportedVersion, "version", at: 4) { HandMade(version: 4) },
    Refusal("big endian", .bigEndian, "version", at: 4) { HandMade(version: UInt32(3).byteSwapped) },
    Refusal("too many tensors", .tooLarge, "tensor count", at: 8) { HandMade(tensors: 1) },
    Refusal("the most tensors", .tooLarge, "tensor count", at: 8) { HandMade(tensors: .max) },
    Refusal("too much metadata", .tooLarge, "metadata count", at: 16) { HandMade(metadata: 1) },
    Refusal("the most metadata", .tooLarge, "metadata count", at: 16) { HandMade(metadata: .max) },
]

private let metadataRefusals: [Refusal] = [
    Refusal("an empty key", .invalidName, "metadata key", at: 24) { metadata { $0.entry("", type: 4, padding) } },
    Refusal("a key with a zero", .invalidName, "metadata key", at: 24) {
        metadata { $0.entry("a\0b", type: 4, padding) }
    },
    Refusal("a key that is not UTF-8", .invalidName, "metadata key", at: 24) {
        metadata {
            $0.text([0xFF, 0xFE])
            $0.raw(padding)
        }
    },
    Refusal("a key of 65536 bytes", .invalidName, "metadata key", at: 24) {
        metadata { $0.entry(String(repeating: "k", count: 65_536), type: 4, padding) }
    },
    Refusal("a key longer than the file", .truncated, "metadata key", at: 24) {
        metadata {
            $0.number(UInt64(60_000))
            $0.raw(padding)
        }
    },
    Refusal("a key twice", .duplicateName, "a", at: 38) {
        metadata(2) {
            $0.entry("a", type: 0, [1])
            $0.entry("a", type: 0, [2])
        }
    },
    Refusal("value type 13", .unknownValueType, "a", at: 33) { metadata { $0.entry("a", type: 13, padding) } },
    Refusal("a value cut short", .truncated, "a", at: 37) { metadata { $0.entry("a", type: 10, [1, 2, 3]) } },
    Refusal("a boolean of 2", .invalidValue, "a", at: 37) { metadata { $0.entry("a", type: 7, [2]) } },
    Refusal("text longer than the file", .truncated, "a", at: 37) {
        metadata { $0.entry("a", type: 8, UInt64.max.littleEndianBytes) }
    },
    Refusal("text that is not UTF-8", .invalidValue, "a", at: 37) {
        metadata { $0.entry("a", type: 8, UInt64(1).littleEndianBytes + [0x80]) }
    },
    Refusal("an array of type 99", .unknownValueType, "a", at: 37) { array(of: 99, count: 0) },
    Refusal("an array longer than the file", .truncated, "a", at: 41) { array(of: 4, count: 2, [0, 0, 0, 0]) },
    Refusal("an array whose size overflows", .tooLarge, "a", at: 41) { array(of: 4, count: .max / 2) },
    Refusal("more strings than the file holds", .truncated, "a", at: 41) {
        array(of: 8, count: 3, padding.dropLast(48))
    },
    Refusal("a string of an array that is too long", .truncated, "a", at: 57) {
        array(of: 8, count: 2, UInt64(0).littleEndianBytes + UInt64(9).littleEndianBytes)
    },
    Refusal("a boolean of 3 in an array", .invalidValue, "a", at: 50) { array(of: 7, count: 2, [1, 3]) },
    Refusal("arrays five deep", .tooDeep, "a", at: 85) {
        let nested = UInt32(9).littleEndianBytes + UInt64(1).littleEndianBytes
        return array(of: 9, count: 1, nested + nested + nested + nested + padding)
    },
    Refusal("65537 arrays in an array", .tooLarge, "a", at: 41) {
        array(of: 9, count: 65_537, [UInt8](repeating: 0, count: 65_537 * 12))
    },
    Refusal("arrays that claim arrays", .truncated, "a", at: 41) { array(of: 9, count: 1 << 40) },
    Refusal("an alignment of 48", .invalidAlignment, "general.alignment", at: 53) {
        metadata { $0.entry("general.alignment", type: 4, UInt32(48).littleEndianBytes) }
    },
    Refusal("an alignment of 0", .invalidAlignment, "general.alignment", at: 53) {
        metadata { $0.entry("general.alignment", type: 4, UInt32(0).littleEndianBytes) }
    },
    Refusal("an alignment of 2^31", .invalidAlignment, "general.alignment", at: 53) {
        metadata { $0.entry("general.alignment", type: 4, UInt32(1 << 31).littleEndianBytes) }
    },
    Refusal("an alignment as text", .invalidAlignment, "general.alignment", at: 53) {
        metadata { $0.entry("general.alignment", type: 8, UInt64(2).littleEndianBytes + Array("32".utf8)) }
    },
]

/// Offsets: the name "t" takes 24 to 32, the number of dimensions 33 to 36, each dimension 8 bytes from 37.
private let tensorRefusals: [Refusal] = [
    Refusal("a tensor without a name", .invalidName, "tensor name", at: 24) {
        tensors {
            $0.tensor("", [1])
            $0.pad(plus: 32)
        }
    },
    Refusal("a tensor name of 65 bytes", .invalidName, "tensor name", at: 24) {
        tensors {
            $0.tensor(String(repeating: "t", count: 65), [1])
            $0.pad(plus: 32)
        }
    },
    Refusal("a tensor twice", .duplicateName, "t", at: 57) {
        tensors(2) {
            $0.tensor("t", [1])
            $0.tensor("t", [1], offset: 32)
            $0.pad(plus: 64)
        }
    },
    Refusal("no dimensions", .invalidShape, "t", at: 33) {
        tensors {
            $0.tensor("t", [])
            $0.pad(plus: 32)
        }
    },
    Refusal("five dimensions", .invalidShape, "t", at: 33) { tensors { $0.tensor("t", [1, 1, 1, 1, 1]) } },
    Refusal("a dimension of 0", .invalidShape, "t", at: 33) {
        tensors {
            $0.tensor("t", [4, 0])
            $0.pad(plus: 32)
        }
    },
    Refusal("dimensions whose product overflows", .invalidShape, "t", at: 33) {
        tensors { $0.tensor("t", [1 << 32, 1 << 32]) }
    },
    Refusal("a size that wraps to a small one", .invalidShape, "t", at: 33) {
        tensors { $0.tensor("t", [1 << 62, 4], type: 28) }
    },
    Refusal("a row of half a block", .invalidShape, "t", at: 33) { tensors { $0.tensor("t", [48], type: 8) } },
    Refusal("a removed type", .unknownTensorType, "t", at: 45) { tensors { $0.tensor("t", [32], type: 4) } },
    Refusal("an unknown type", .unknownTensorType, "t", at: 45) { tensors { $0.tensor("t", [32], type: 4_000_000) } },
    Refusal("an offset of 8", .misaligned, "t", at: 49) {
        tensors {
            $0.tensor("t", [1], offset: 8)
            $0.pad(plus: 64)
        }
    },
    Refusal("a tensor larger than the file", .outsideFile, "t", at: 49) {
        tensors {
            $0.tensor("t", [1 << 20])
            $0.pad(plus: 64)
        }
    },
    Refusal("a tensor one byte larger than the file", .outsideFile, "t", at: 49) {
        tensors {
            $0.tensor("t", [65], type: 24)
            $0.pad(plus: 64)
        }
    },
    Refusal("an offset past the file", .outsideFile, "t", at: 49) {
        tensors {
            $0.tensor("t", [1], offset: 1 << 40)
            $0.pad(plus: 64)
        }
    },
    Refusal("an offset that wraps", .outsideFile, "t", at: 49) {
        tensors {
            $0.tensor("t", [1], offset: UInt64.max - 31)
            $0.pad(plus: 64)
        }
    },
    Refusal("no data at all", .outsideFile, "t", at: 49) { tensors { $0.tensor("t", [1]) } },
    Refusal("tensors that overlap", .overlapping, "u", at: 82) {
        tensors(2) {
            $0.tensor("t", [9])
            $0.tensor("u", [1], offset: 32)
            $0.pad(plus: 64)
        }
    },
    Refusal("tensors in one place", .overlapping, "u", at: 82) {
        tensors(2) {
            $0.tensor("t", [1])
            $0.tensor("u", [1])
            $0.pad(plus: 64)
        }
    },
]

extension HandMade {
    fileprivate func with(_ change: (inout [UInt8]) -> Void) -> HandMade {
        var copy = bytes
        change(&copy)
        return HandMade(bytes: copy)
    }
}

@Suite struct GGUFRefusalTests {
    @Test(arguments: headRefusals + metadataRefusals + tensorRefusals)
    func `a damaged file is refused with the field and the offset`(refusal: Refusal) throws {
        let error = try #require(throws: GGUFError.self) {
            try GGUFFile.read(from: BytesInMemory(refusal.bytes))
        }
        #expect(error.kind == refusal.kind)
        #expect(error.field == refusal.field)
        #expect(error.offset == refusal.offset)
        #expect(error.description.contains("byte \(refusal.offset)"))
    }

    @Test func `limits hold before the end of the file does`() {
        var limits = GGUFLimits()
        limits.headerBytesMax = 64
        let long = metadata {
            $0.entry("a", type: 8, UInt64(100).littleEndianBytes + [UInt8](repeating: 65, count: 100))
        }
        #expect(
            throws: GGUFError(
                .tooLarge, "a", at: 37, found: "100 bytes long",
                allowed: "at most 19 bytes, the rest of the header's limit of 64")
        ) {
            try long.read(limits: limits)
        }
        limits.metadataCountMax = 0
        #expect { try long.read(limits: limits) } throws: { ($0 as? GGUFError)?.field == "metadata count" }
    }

    @Test func `a hostile name cannot forge a second line of a log`() {
        let error = GGUFError(.duplicateName, "a\n[error] forged\u{1B}[31m", at: 1, found: "x", allowed: "y")
        #expect(!error.description.contains("\n"))
        #expect(!error.description.contains("\u{1B}"))
        let long = GGUFError(.duplicateName, String(repeating: "k", count: 60_000), at: 1, found: "x", allowed: "y")
        #expect(long.description.count < 400)
    }
}
