extension Value {
    /// Python's `str`.
    var display: String {
        switch self {
        case .undefined: ""
        case .string(let text), .markup(let text): text
        default: representation
        }
    }

    /// Python's `repr`.
    var representation: String {
        var text = ""
        write(into: &text, depth: 0)
        return text
    }

    /// Deeper than this a repetition is assumed: only a namespace that holds itself gets here.
    private static let depthMax = 200

    private func write(into text: inout String, depth: Int) {
        guard depth < Self.depthMax else {
            text += "..."
            return
        }
        switch self {
        case .undefined: text += "Undefined"
        case .none: text += "None"
        case .bool(let flag): text += flag ? "True" : "False"
        case .integer(let value): text += String(value)
        case .float(let value): text += Decimal.shortest(value)
        case .string(let string): Self.quote(string, into: &text)
        case .markup(let string):
            text += "Markup("
            Self.quote(string, into: &text)
            text += ")"
        case .list(let elements): Self.write("[", elements, "]", into: &text, depth: depth)
        case .tuple(let elements), .group(let elements):
            Self.write("(", elements, elements.count == 1 ? ",)" : ")", into: &text, depth: depth)
        case .dictionary(let dictionary): Self.write(dictionary, into: &text, depth: depth)
        case .view(let kind, let dictionary):
            let elements: [Value] =
                switch kind {
                case .keys: dictionary.keys
                case .values: dictionary.values
                case .items: dictionary.items
                }
            Self.write("dict_\(kind.rawValue)([", elements, "])", into: &text, depth: depth)
        case .range(let range):
            text += "range(\(range.start), \(range.stop)\(range.step == 1 ? "" : ", \(range.step)"))"
        case .namespace(let namespace):
            text += "<Namespace "
            Self.write(namespace.attributes, into: &text, depth: depth)
            text += ">"
        case .macro(let macro):
            text += "<Macro " + (macro.definition.name.map { "'\($0)'" } ?? "anonymous") + ">"
        case .loop(let loop): text += "<LoopContext \(loop.index0 + 1)/\(loop.count)>"
        case .generator, .cycler, .joiner: text += "<\(typeName) object>"
        case .function(let name): text += "<function \(name)>"
        case .method(let receiver, let name):
            text += "<built-in method \(name) of \(receiver.typeName) object>"
        }
    }

    private static func write(_ open: String, _ elements: [Value], _ close: String, into text: inout String, depth: Int)
    {
        text += open
        var isFirst = true
        for element in elements {
            if !isFirst { text += ", " }
            isFirst = false
            element.write(into: &text, depth: depth + 1)
        }
        text += close
    }

    private static func write(_ dictionary: Dictionary, into text: inout String, depth: Int) {
        text += "{"
        for position in dictionary.keys.indices {
            if position > 0 { text += ", " }
            dictionary.keys[position].write(into: &text, depth: depth + 1)
            text += ": "
            dictionary.values[position].write(into: &text, depth: depth + 1)
        }
        text += "}"
    }

    private static func quote(_ string: String, into text: inout String) {
        let scalars = string.unicodeScalars
        let quote: Unicode.Scalar = scalars.contains("'") && !scalars.contains("\"") ? "\"" : "'"
        text.unicodeScalars.append(quote)
        for scalar in scalars {
            switch scalar {
            case quote, "\\":
                text += "\\"
                text.unicodeScalars.append(scalar)
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.isPrintable: text.unicodeScalars.append(scalar)
            default:
                let width = scalar.value < 0x100 ? 2 : scalar.value < 0x10000 ? 4 : 8
                let digits = String(scalar.value, radix: 16)
                text += (width == 2 ? "\\x" : width == 4 ? "\\u" : "\\U")
                text += String(repeating: "0", count: width - digits.count) + digits
            }
        }
        text.unicodeScalars.append(quote)
    }
}
