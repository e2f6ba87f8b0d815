/// What a model file says about itself: keys and values in the file's order, each key once.
public struct GGUFMetadata: Sendable, Equatable {
    private var entries: [Entry] = []
    private var positions: [String: Int] = [:]

    struct Entry: Sendable, Equatable {
        let key: String
        let value: GGUFValue
        /// Where the value stands in the file.
        let offset: UInt64
    }

    public init() {}

    public var keys: [String] { entries.map(\.key) }
    public var count: Int { entries.count }

    public subscript(key: String) -> GGUFValue? { entry(key)?.value }

    func entry(_ key: String) -> Entry? { positions[key].map { entries[$0] } }

    /// The model family whose name is the prefix of most keys: "llama", "qwen2", "bert".
    public var architecture: String? { self["general.architecture"]?.string }

    /// The value of a key that carries the architecture's name: `ofArchitecture("context_length")` reads
    /// `llama.context_length` in a LLaMA model.
    public func ofArchitecture(_ key: String) -> GGUFValue? {
        architecture.flatMap { self["\($0).\(key)"] }
    }

    /// Adds an entry. Returns `false`, and changes nothing, when the key is there already.
    mutating func add(_ key: String, _ value: GGUFValue, offset: UInt64) -> Bool {
        guard positions[key] == nil else { return false }
        positions[key] = entries.count
        entries.append(Entry(key: key, value: value, offset: offset))
        return true
    }
}

extension GGUFMetadata {
    init(_ cursor: inout ByteCursor<some ByteSource>, count: UInt64, limits: GGUFLimits) throws(GGUFError) {
        var nestedRoom = limits.nestedArrayCountMax
        for _ in 0..<count {
            let place = cursor.offset
            let name = try cursor.text(of: "metadata key", lengthMax: GGUFLimits.keyLengthMax)
            let key = try checkedName(name, of: "metadata key", at: place)
            let type = try valueType(&cursor, of: key)
            let start = cursor.offset
            let value = try self.value(
                &cursor, type: type, of: key, depthMax: limits.arrayDepthMax, nestedRoom: &nestedRoom)
            guard add(key, value, offset: start) else {
                throw GGUFError(.duplicateName, key, at: place, found: "there a second time", allowed: "once")
            }
        }
    }

    private func valueType(_ cursor: inout ByteCursor<some ByteSource>, of key: String) throws(GGUFError)
        -> GGUFValueType
    {
        let place = cursor.offset
        let number = try cursor.integer(UInt32.self, of: key)
        guard let type = GGUFValueType(rawValue: number) else {
            throw GGUFError(.unknownValueType, key, at: place, found: "type \(number)", allowed: "types 0 to 12")
        }
        return type
    }

    private func value(
        _ cursor: inout ByteCursor<some ByteSource>, type: GGUFValueType, of key: String, depthMax: Int,
        nestedRoom: inout UInt64
    ) throws(GGUFError) -> GGUFValue {
        let place = cursor.offset
        if type == .array { return .array(try array(&cursor, of: key, depthLeft: depthMax, nestedRoom: &nestedRoom)) }
        guard let size = type.byteCount else {
            let bytes = try cursor.text(of: key)
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw GGUFError(.invalidValue, key, at: place, found: "not UTF-8", allowed: "UTF-8 text")
            }
            return .string(text)
        }
        let bytes = try cursor.bytes(UInt64(size), of: key)
        guard let value = GGUFValue(type, littleEndian: bytes) else {
            throw GGUFError(
                .invalidValue, key, at: place, found: "\(bytes.first ?? 0) as a boolean", allowed: "0, 1")
        }
        return value
    }

    private func array(
        _ cursor: inout ByteCursor<some ByteSource>, of key: String, depthLeft: Int, nestedRoom: inout UInt64
    ) throws(GGUFError) -> GGUFArray {
        guard depthLeft > 0 else {
            throw GGUFError(.tooDeep, key, at: cursor.offset, found: "one array more", allowed: "less deep arrays")
        }
        let type = try valueType(&cursor, of: key)
        let place = cursor.offset
        let count = try cursor.integer(UInt64.self, of: key)
        // The least that an element can take: strings have a length, arrays a type and a count.
        let sizeMin = UInt64(type.byteCount ?? (type == .string ? 8 : 12))
        let (bytesMin, overflow) = count.multipliedReportingOverflow(by: sizeMin)
        guard !overflow else {
            throw GGUFError(
                .tooLarge, key, at: place, found: "\(count) elements",
                allowed: "at most \(cursor.remaining / sizeMin) elements, the rest of the file")
        }
        let length = try cursor.fitting(bytesMin, of: key, at: place)
        switch type {
        case .string: return try strings(&cursor, of: key, count: count)
        case .array:
            guard count <= nestedRoom else {
                throw GGUFError(
                    .tooLarge, key, at: place, found: "\(count) arrays", allowed: "\(nestedRoom) more nested arrays")
            }
            nestedRoom -= count
            var arrays: [GGUFArray] = []
            for _ in 0..<count {
                arrays.append(try array(&cursor, of: key, depthLeft: depthLeft - 1, nestedRoom: &nestedRoom))
            }
            return GGUFArray(arrays: arrays)
        default:
            let start = cursor.offset
            let bytes = try cursor.bytes(UInt64(length), of: key, at: place)
            if type == .bool, let wrong = bytes.firstIndex(where: { $0 > 1 }) {
                throw GGUFError(
                    .invalidValue, key, at: start + UInt64(wrong - bytes.startIndex),
                    found: "\(bytes[wrong]) as a boolean", allowed: "0, 1")
            }
            return GGUFArray(elementType: type, storage: .fixed(Array(bytes)))
        }
    }

    private func strings(
        _ cursor: inout ByteCursor<some ByteSource>, of key: String, count: UInt64
    ) throws(GGUFError) -> GGUFArray {
        var text: [UInt8] = []
        var ends: [Int] = []
        // `count` times 8 bytes are known to be in the file.
        ends.reserveCapacity(Int(count))
        for _ in 0..<count {
            text.append(contentsOf: try cursor.text(of: key))
            ends.append(text.count)
        }
        return GGUFArray(elementType: .string, storage: .strings(text: text, ends: ends))
    }
}

/// A name from the file: at least one byte, UTF-8, and no control characters, of which the zero would make C see another
/// name than the one that was checked.
func checkedName(_ bytes: ArraySlice<UInt8>, of field: String, at place: UInt64) throws(GGUFError) -> String {
    guard let name = String(validating: bytes, as: UTF8.self) else {
        throw GGUFError(.invalidName, field, at: place, found: "not UTF-8", allowed: "UTF-8 text")
    }
    guard !bytes.isEmpty, bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
        throw GGUFError(
            .invalidName, field, at: place, found: bytes.isEmpty ? "empty" : "with control characters",
            allowed: "at least one character, no control characters")
    }
    return name
}
