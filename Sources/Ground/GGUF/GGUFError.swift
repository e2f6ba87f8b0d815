/// Why a model file is refused: what, where, what was found and what is allowed.
public struct GGUFError: Error, Sendable, Equatable {
    public let kind: Kind
    /// The metadata key, the tensor's name, or the header's field ("magic", "tensor count").
    public let field: String
    /// Where in the file, in bytes from its start: the first byte of the value that is wrong.
    public let offset: UInt64
    public let found: String
    public let allowed: String

    public init(_ kind: Kind, _ field: String, at offset: UInt64, found: String, allowed: String) {
        self.kind = kind
        self.field = field
        self.offset = offset
        self.found = found
        self.allowed = allowed
    }

    /// What kind of damage or mistake it is.
    public enum Kind: String, Sendable, Equatable, CaseIterable {
        /// The file could not be read at all, or not as far as its size promised.
        case unreadable
        /// It does not begin with `GGUF`.
        case notGGUF
        case unsupportedVersion
        case bigEndian
        /// The file ends inside the header.
        case truncated
        /// More entries or bytes than the rest of the file can hold, or than the limits allow.
        case tooLarge
        /// A name that is empty, too long, not UTF-8, or has control characters.
        case invalidName
        case duplicateName
        case unknownValueType
        /// A value that its type does not have: a boolean other than 0 and 1, text that is not UTF-8.
        case invalidValue
        /// Arrays inside arrays, too deep.
        case tooDeep
        case invalidAlignment
        case invalidShape
        case unknownTensorType
        /// A tensor's data does not start at a multiple of the alignment.
        case misaligned
        /// A tensor's data does not lie inside the file.
        case outsideFile
        /// Two tensors share bytes.
        case overlapping
        /// A writer was given other data than it was told to expect.
        case wrongDataSize
    }
}

extension GGUFError: CustomStringConvertible {
    public var description: String {
        "\(sentence): '\(Self.printable(field))' at byte \(offset) is \(Self.printable(found)), allowed is \(allowed)."
    }

    private var sentence: String {
        switch kind {
        case .unreadable: "The file could not be read"
        case .notGGUF: "This is not a GGUF model file"
        case .unsupportedVersion: "This version of GGUF is not supported"
        case .bigEndian: "The file is big endian, convert it on the machine that made it"
        case .truncated: "The file ends inside its header, download it again"
        case .tooLarge: "A count or length in the header is impossible"
        case .invalidName: "A name in the header is malformed"
        case .duplicateName: "A name in the header appears twice"
        case .unknownValueType: "A metadata value has an unknown type"
        case .invalidValue: "A metadata value is malformed"
        case .tooDeep: "Metadata arrays are nested too deep"
        case .invalidAlignment: "The alignment is malformed"
        case .invalidShape: "A tensor's shape is malformed"
        case .unknownTensorType: "A tensor has an unknown or removed type"
        case .misaligned: "A tensor's data is misaligned"
        case .outsideFile: "A tensor's data lies outside the file, which may be cut short"
        case .overlapping: "Two tensors overlap"
        case .wrongDataSize: "A tensor's data has the wrong size"
        }
    }

    /// Text from the file is hostile until shown otherwise: one line, no control characters, bounded length.
    private static func printable(_ text: String) -> String {
        let lengthMax = 128
        var result = ""
        for scalar in text.unicodeScalars.prefix(lengthMax) {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return text.unicodeScalars.count > lengthMax ? result + "…" : result
    }
}
