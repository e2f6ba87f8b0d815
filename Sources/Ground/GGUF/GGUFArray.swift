/// A metadata array: kept as it was in the file and decoded on access, because vocabularies have hundreds of thousands
/// of elements of which few are looked at.
public struct GGUFArray: Sendable, Equatable {
    public let elementType: GGUFValueType
    private let storage: Storage

    enum Storage: Sendable, Equatable {
        /// Elements of a fixed size, little endian, one after the other.
        case fixed([UInt8])
        /// All texts in one buffer; the text `i` ends at `ends[i]`.
        case strings(text: [UInt8], ends: [Int])
        case arrays([GGUFArray])
    }

    init(elementType: GGUFValueType, storage: Storage) {
        self.elementType = elementType
        self.storage = storage
    }

    public var count: Int {
        switch storage {
        case .fixed(let bytes): bytes.count / (elementType.byteCount ?? 1)
        case .strings(_, let ends): ends.count
        case .arrays(let arrays): arrays.count
        }
    }

    /// The element at `index`, which must be in `0 ..< count`. A string that is not UTF-8 is repaired here; its own
    /// bytes are in `bytes(at:)`.
    public subscript(index: Int) -> GGUFValue {
        precondition(index >= 0 && index < count, "an index outside the array")
        switch storage {
        case .fixed(let bytes):
            let size = elementType.byteCount ?? 1
            guard let value = GGUFValue(elementType, littleEndian: bytes[index * size..<(index + 1) * size]) else {
                preconditionFailure("elements are checked when the array is made")
            }
            return value
        case .strings: return .string(String(decoding: bytes(at: index) ?? [], as: UTF8.self))
        case .arrays(let arrays): return .array(arrays[index])
        }
    }

    /// The exact bytes of the string at `index`, or `nil` when this is no array of strings. Tokens may be parts of
    /// characters, and Swift's string equality is canonical: vocabularies are compared by bytes.
    public func bytes(at index: Int) -> ArraySlice<UInt8>? {
        guard case .strings(let text, let ends) = storage, ends.indices.contains(index) else { return nil }
        return text[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
    }

    /// All elements as integers, or `nil` when they are of another type or one does not fit.
    public var integers: [Int64]? { all { $0.integer } }
    /// All elements as numbers, or `nil` when they are of another type.
    public var numbers: [Double]? { all { $0.number } }
    /// All elements as texts, or `nil` when they are of another type.
    public var strings: [String]? { all { $0.string } }

    private func all<Element>(_ decode: (GGUFValue) -> Element?) -> [Element]? {
        var elements: [Element] = []
        elements.reserveCapacity(count)
        for index in 0..<count {
            guard let element = decode(self[index]) else { return nil }
            elements.append(element)
        }
        return elements
    }
}

extension GGUFArray {
    public init(_ strings: some Sequence<String>) { self.init(byteStrings: strings.map { Array($0.utf8) }) }

    /// An array of strings from their bytes, which need not be UTF-8.
    public init(byteStrings: some Sequence<[UInt8]>) {
        var text: [UInt8] = []
        var ends: [Int] = []
        for string in byteStrings {
            text += string
            ends.append(text.count)
        }
        self.init(elementType: .string, storage: .strings(text: text, ends: ends))
    }

    /// An array of values of one type with a fixed size, or `nil` when they differ or are strings or arrays.
    public init?(_ type: GGUFValueType, _ values: [GGUFValue]) {
        guard type.byteCount != nil, values.allSatisfy({ $0.type == type }) else { return nil }
        self.init(elementType: type, storage: .fixed(values.flatMap(\.littleEndianBytes)))
    }

    public init(_ values: [UInt32]) { self.init(.uint32, fixed: values) }
    public init(_ values: [Int32]) { self.init(.int32, fixed: values) }
    public init(_ values: [Float]) { self.init(.float32, fixed: values.map(\.bitPattern)) }
    public init(arrays: [GGUFArray]) { self.init(elementType: .array, storage: .arrays(arrays)) }

    private init(_ type: GGUFValueType, fixed values: [some FixedWidthInteger]) {
        self.init(elementType: type, storage: .fixed(values.flatMap(\.littleEndianBytes)))
    }

    /// The elements as they stand in the file, after the type and the count.
    var payload: [UInt8] {
        switch storage {
        case .fixed(let bytes): return bytes
        case .strings(let text, let ends):
            var payload: [UInt8] = []
            var start = 0
            for end in ends {
                payload += UInt64(end - start).littleEndianBytes + text[start..<end]
                start = end
            }
            return payload
        case .arrays(let arrays):
            return arrays.flatMap { $0.head + $0.payload }
        }
    }

    /// The type of the elements and their count.
    var head: [UInt8] { elementType.rawValue.littleEndianBytes + UInt64(count).littleEndianBytes }
}
