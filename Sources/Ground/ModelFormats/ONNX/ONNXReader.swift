/// Reads the messages of an ONNX file that say what the model is.
struct ONNXReader {
    private var model = ONNXModel()
    private(set) var hasGraph = false
    private var values: [ONNXModel.Value] = []

    /// Names, texts of metadata, and how many of each at most.
    private static let nameBytesMax = 4096
    private static let textBytesMax = 1 << 20
    private static let entryCountMax = 65_536
    private static let axisCountMax = 64

    private typealias Cursor = ProtobufCursor
    private typealias Field = ProtobufCursor.Field

    /// ModelProto.
    mutating func model(_ cursor: inout ProtobufCursor) throws(ModelFormatError) {
        try cursor.fields(of: "ModelProto", in: cursor.wholeFile) { cursor, field throws(ModelFormatError) in
            switch field.number {
            case 1: self.model.irVersion = try cursor.varint(field, of: "ModelProto.ir_version")
            case 2:
                self.model.producerName = try cursor.text(
                    field, of: "ModelProto.producer_name", max: Self.nameBytesMax)
            case 3:
                self.model.producerVersion = try cursor.text(
                    field, of: "ModelProto.producer_version", max: Self.nameBytesMax)
            case 7:
                self.hasGraph = true
                try self.graph(&cursor, try cursor.range(field, of: "ModelProto.graph"))
            case 8: try self.operatorSet(&cursor, field)
            case 14:
                try Self.bound(self.model.metadata.count, "ModelProto.metadata_props", cursor, field)
                let (key, value) = try Self.pair(&cursor, field, of: "ModelProto.metadata_props")
                self.model.metadata.append(.init(key, value))
            default: break
            }
        }
    }

    /// The inputs of older files name the weights too.
    func finished() -> ONNXModel {
        var model = model
        let weights = Set(model.initializers.map(\.name))
        model.inputs.removeAll { weights.contains($0.name) }
        return model
    }

    /// GraphProto.
    private mutating func graph(
        _ cursor: inout ProtobufCursor, _ range: Range<UInt64>
    ) throws(ModelFormatError) {
        try cursor.fields(of: "GraphProto", in: range) { cursor, field throws(ModelFormatError) in
            switch field.number {
            case 1: self.model.nodeCount += 1
            case 2: self.model.graphName = try cursor.text(field, of: "GraphProto.name", max: Self.nameBytesMax)
            case 5:
                try Self.bound(self.model.initializers.count, "GraphProto.initializer", cursor, field, times: 16)
                self.model.initializers.append(try Self.initializer(&cursor, field))
            case 11:
                // As many as weights: older files repeat them here.
                try Self.bound(self.model.inputs.count, "GraphProto.input", cursor, field, times: 16)
                self.model.inputs.append(try Self.value(&cursor, field, of: "GraphProto.input"))
            case 12:
                try Self.bound(self.model.outputs.count, "GraphProto.output", cursor, field)
                self.model.outputs.append(try Self.value(&cursor, field, of: "GraphProto.output"))
            default: break
            }
        }
    }

    /// OperatorSetIdProto.
    private mutating func operatorSet(
        _ cursor: inout ProtobufCursor, _ field: ProtobufCursor.Field
    ) throws(ModelFormatError) {
        let name = "ModelProto.opset_import"
        try Self.bound(model.operatorSets.count, name, cursor, field)
        var domain = ""
        var version: UInt64 = 0
        try cursor.fields(of: name, in: try cursor.range(field, of: name)) { cursor, field throws(ModelFormatError) in
            switch field.number {
            case 1: domain = try cursor.text(field, of: "\(name).domain", max: Self.nameBytesMax)
            case 2: version = try cursor.varint(field, of: "\(name).version")
            default: break
            }
        }
        model.operatorSets.append(.init(domain: domain, version: version))
    }

    /// TensorProto, without its numbers.
    private static func initializer(
        _ cursor: inout ProtobufCursor, _ field: ProtobufCursor.Field
    ) throws(ModelFormatError) -> ONNXModel.Initializer {
        let name = "GraphProto.initializer"
        let place = field.offset
        var label = ""
        var type: UInt64 = 0
        var shape: [UInt64] = []
        var location: String?
        var isExternal = false
        try cursor.fields(of: name, in: try cursor.range(field, of: name)) { cursor, field throws(ModelFormatError) in
            switch field.number {
            case 1: shape += try cursor.varints(field, of: "\(name).dims", countMax: axisCountMax)
            case 2: type = try cursor.varint(field, of: "\(name).data_type")
            case 8: label = try cursor.text(field, of: "\(name).name", max: nameBytesMax)
            case 13:
                let (key, value) = try pair(&cursor, field, of: "\(name).external_data")
                if key == "location" { location = value }
            case 14: isExternal = try cursor.varint(field, of: "\(name).data_location") == 1
            default: break
            }
            guard shape.count <= axisCountMax else {
                throw ModelFormatError(
                    .tooLarge, in: cursor.file, "\(name).dims", at: place, found: "\(shape.count) axes",
                    allowed: "at most \(axisCountMax)")
            }
        }
        var elements: UInt64 = 1
        for size in shape {
            let (product, overflow) = elements.multipliedReportingOverflow(by: size)
            guard !overflow, product <= UInt64(Int64.max) else {
                throw ModelFormatError(
                    .tooLarge, in: cursor.file, label.isEmpty ? name : label, at: place, found: "the shape \(shape)",
                    allowed: "sizes from 0, at most 2^63 - 1 numbers")
            }
            elements = product
        }
        return ONNXModel.Initializer(
            name: label, typeNumber: type, shape: shape, elementCount: elements,
            externalFile: isExternal ? location ?? "" : nil)
    }

    /// ValueInfoProto: name, and TypeProto of a tensor.
    private static func value(
        _ cursor: inout ProtobufCursor, _ field: ProtobufCursor.Field, of name: String
    ) throws(ModelFormatError) -> ONNXModel.Value {
        var label = ""
        var type: String?
        var shape: [ONNXModel.Axis]?
        try cursor.fields(of: name, in: try cursor.range(field, of: name)) { cursor, field throws(ModelFormatError) in
            if field.number == 1 { label = try cursor.text(field, of: "\(name).name", max: nameBytesMax) }
            guard field.number == 2 else { return }
            let range = try cursor.range(field, of: "\(name).type")
            try cursor.fields(of: "\(name).type", in: range) { cursor, field throws(ModelFormatError) in
                guard field.number == 1 else { return }
                let range = try cursor.range(field, of: "\(name).type.tensor_type")
                try cursor.fields(of: "\(name).type.tensor_type", in: range) {
                    cursor, field throws(ModelFormatError) in
                    switch field.number {
                    case 1: type = ONNXModel.typeName(try cursor.varint(field, of: "\(name).type.elem_type"))
                    case 2: shape = try axes(&cursor, field, of: "\(name).type.shape")
                    default: break
                    }
                }
            }
        }
        return ONNXModel.Value(name: label, type: type, shape: shape)
    }

    /// TensorShapeProto.
    private static func axes(
        _ cursor: inout ProtobufCursor, _ field: ProtobufCursor.Field, of name: String
    ) throws(ModelFormatError) -> [ONNXModel.Axis] {
        var axes: [ONNXModel.Axis] = []
        try cursor.fields(of: name, in: try cursor.range(field, of: name)) { cursor, field throws(ModelFormatError) in
            guard field.number == 1 else { return }
            guard axes.count < axisCountMax else {
                throw ModelFormatError(
                    .tooLarge, in: cursor.file, name, at: field.offset, found: "more axes",
                    allowed: "at most \(axisCountMax)")
            }
            var axis = ONNXModel.Axis.unknown
            let range = try cursor.range(field, of: name)
            try cursor.fields(of: name, in: range) { cursor, field throws(ModelFormatError) in
                switch field.number {
                case 1: axis = .size(try cursor.varint(field, of: "\(name).dim_value"))
                case 2: axis = .named(try cursor.text(field, of: "\(name).dim_param", max: nameBytesMax))
                default: break
                }
            }
            axes.append(axis)
        }
        return axes
    }

    /// StringStringEntryProto.
    private static func pair(
        _ cursor: inout ProtobufCursor, _ field: ProtobufCursor.Field, of name: String
    ) throws(ModelFormatError) -> (String, String) {
        var key = ""
        var value = ""
        try cursor.fields(of: name, in: try cursor.range(field, of: name)) { cursor, field throws(ModelFormatError) in
            switch field.number {
            case 1: key = try cursor.text(field, of: "\(name).key", max: nameBytesMax)
            case 2: value = try cursor.text(field, of: "\(name).value", max: textBytesMax)
            default: break
            }
        }
        return (key, value)
    }

    private static func bound(
        _ count: Int, _ name: String, _ cursor: ProtobufCursor, _ field: ProtobufCursor.Field, times: Int = 1
    ) throws(ModelFormatError) {
        guard count < entryCountMax * times else {
            throw ModelFormatError(
                .tooLarge, in: cursor.file, name, at: field.offset, found: "more than \(entryCountMax * times)",
                allowed: "at most \(entryCountMax * times)")
        }
    }
}
