import JSONText

/// The members of a SafeTensors header, checked one by one, and then together.
struct TensorList {
    private let file: String
    /// Where data may lie in the file.
    private let data: Range<UInt64>
    private(set) var tensors: [SafeTensor] = []
    private(set) var metadata: [String: String] = [:]
    private var names: Set<[UInt8]> = []

    init(file: String, data: Range<UInt64>) {
        self.file = file
        self.data = data
    }

    mutating func add(_ name: String, _ value: JSONValue) throws(ModelFormatError) {
        guard names.insert(Array(name.utf8)).inserted else {
            throw ModelFormatError(
                .duplicate, in: file, name, at: 8, found: "in the header a second time", allowed: "once")
        }
        if name == "__metadata__" {
            metadata = try texts(value)
            return
        }
        guard (1...SafeTensorsFile.nameBytesMax).contains(name.utf8.count) else {
            throw ModelFormatError(
                .malformed, in: file, "tensor name", at: 8, found: "\(name.utf8.count) bytes long",
                allowed: "1 to \(SafeTensorsFile.nameBytesMax)")
        }
        let entry: Entry
        do throws(JSONFieldError) {
            entry = try Entry(JSONField(value, path: name))
        } catch {
            throw ModelFormatError(
                .malformed, in: file, error.path, at: 8, found: error.problem,
                allowed: "dtype, shape and two data_offsets")
        }
        guard let type = SafeTensorsType(rawValue: entry.type) else {
            throw ModelFormatError(
                .unsupportedType, in: file, "\(name).dtype", at: 8, found: entry.type,
                allowed: SafeTensorsType.allCases.map(\.rawValue).joined(separator: ", "))
        }
        tensors.append(try placed(name, type, entry))
    }

    /// Checks that the data of all tensors is the data of the file: no byte twice, and none that belongs to no tensor.
    func checkPlaces() throws(ModelFormatError) {
        let order = tensors.indices.sorted { left, right in
            let (a, b) = (tensors[left].byteRange, tensors[right].byteRange)
            return (a.lowerBound, a.upperBound) < (b.lowerBound, b.upperBound)
        }
        var end = data.lowerBound
        for index in order {
            let tensor = tensors[index]
            guard tensor.byteRange.lowerBound == end else {
                let overlaps = tensor.byteRange.lowerBound < end
                throw ModelFormatError(
                    .misplaced, in: file, tensor.name, at: tensor.byteRange.lowerBound,
                    found: overlaps ? "data that another tensor has too" : "a gap before its data",
                    allowed: "data from byte \(end), where the one before it ends")
            }
            end = tensor.byteRange.upperBound
        }
        guard end == data.upperBound else {
            throw ModelFormatError(
                .misplaced, in: file, "data", at: end, found: "\(data.upperBound - end) bytes that belong to no tensor",
                allowed: "none")
        }
    }

    private func placed(_ name: String, _ type: SafeTensorsType, _ entry: Entry) throws(ModelFormatError) -> SafeTensor
    {
        var elements: UInt64 = 1
        var overflows = false
        for size in entry.shape {
            let (product, overflow) = elements.multipliedReportingOverflow(by: size)
            elements = product
            overflows = overflows || overflow
        }
        let (bits, bitOverflow) = elements.multipliedReportingOverflow(by: type.bitCount)
        guard !overflows, !bitOverflow, bits.isMultiple(of: 8) else {
            throw ModelFormatError(
                .tooLarge, in: file, "\(name).shape", at: 8, found: "\(entry.shape) of \(type.rawValue)",
                allowed: "whole bytes, fewer than 2^61 of them")
        }
        let room = data.upperBound - data.lowerBound
        guard entry.start <= entry.end, entry.end <= room else {
            throw ModelFormatError(
                .misplaced, in: file, "\(name).data_offsets", at: 8, found: "\(entry.start) to \(entry.end)",
                allowed: "rising, up to \(room), the file's end")
        }
        guard entry.end - entry.start == bits / 8 else {
            throw ModelFormatError(
                .malformed, in: file, "\(name).data_offsets", at: 8, found: "\(entry.end - entry.start) bytes",
                allowed: "\(bits / 8) bytes for \(entry.shape) of \(type.rawValue)")
        }
        return SafeTensor(
            name: name, type: type, shape: entry.shape,
            byteRange: data.lowerBound + entry.start..<data.lowerBound + entry.end, elementCount: elements)
    }

    private func texts(_ value: JSONValue) throws(ModelFormatError) -> [String: String] {
        var texts: [String: String] = [:]
        guard let object = value.object else {
            throw ModelFormatError(
                .malformed, in: file, "__metadata__", at: 8, found: value.kind, allowed: "an object of strings")
        }
        for (key, value) in object {
            guard let text = value.string else {
                throw ModelFormatError(
                    .malformed, in: file, "__metadata__.\(key)", at: 8, found: value.kind, allowed: "a string")
            }
            texts[key] = text
        }
        return texts
    }

    /// What the header says of a tensor, of the right kinds but not yet believed.
    private struct Entry {
        let type: String
        let shape: [UInt64]
        let start: UInt64
        let end: UInt64

        init(_ field: JSONField) throws(JSONFieldError) {
            type = try field.required("dtype").string()
            var shape: [UInt64] = []
            for axis in try field.required("shape").elements(countMax: SafeTensorsFile.axisCountMax) {
                shape.append(UInt64(try axis.integer(in: 0...Int.max)))
            }
            self.shape = shape
            let offsets = try field.required("data_offsets")
            let places = try offsets.elements(countMax: 2)
            guard places.count == 2 else { throw offsets.fail("has \(places.count) elements, 2 are needed") }
            start = UInt64(try places[0].integer(in: 0...Int.max))
            end = UInt64(try places[1].integer(in: 0...Int.max))
        }
    }
}
