public import GGUF
public import JSONText

/// Why a model file or a checkpoint is refused: in which file what is wrong and where, what was found, what is allowed.
public struct ModelFormatError: Error, Sendable, Equatable {
    public let kind: Kind
    /// The file's name, without its folder where it lies in one that was given.
    public let file: String
    /// The header's field, the tensor's name, or the path of a setting ("rope_scaling.type").
    public let field: String
    /// Where in the file, in bytes from its start; `nil` where that says nothing.
    public let offset: UInt64?
    public let found: String
    public let allowed: String

    public init(
        _ kind: Kind, in file: String, _ field: String, at offset: UInt64? = nil, found: String, allowed: String
    ) {
        self.kind = kind
        self.file = file
        self.field = field
        self.offset = offset
        self.found = found
        self.allowed = allowed
    }

    /// What kind of damage, mistake or limit it is.
    public enum Kind: String, Sendable, Equatable, CaseIterable {
        /// The file could not be read at all, or not as far as its size promised.
        case unreadable
        /// The file could not be written: no room, no right, or somebody else writes it.
        case unwritable
        /// None of the formats that are known.
        case unknownFormat
        /// A format that cannot be read without running what the file says.
        case unsafeFormat
        /// The file ends inside its header.
        case truncated
        /// A count or a length beyond what the file can hold, or beyond the limits.
        case tooLarge
        /// Not what the format's specification allows.
        case malformed
        /// The same name or number a second time.
        case duplicate
        /// Data outside the file, or shared by two tensors, or belonging to none.
        case misplaced
        /// A file, a tensor, a token or a setting that must be there is not.
        case missing
        /// A tensor of another shape than the model's settings say.
        case wrongShape
        /// Numbers of a type that cannot be read or written here.
        case unsupportedType
        case unsupportedArchitecture
        case unsupportedTokenizer
        /// A setting that changes what the model computes, and that llama.cpp does not have.
        case unsupportedSetting
        /// A number that the wanted type cannot hold.
        case outOfRange
    }

    /// What the GGUF module says, of a file of this name.
    public init(_ error: GGUFError, in file: String) {
        let kind: Kind =
            switch error.kind {
            case .unreadable: .unreadable
            case .truncated: .truncated
            case .tooLarge: .tooLarge
            case .duplicateName: .duplicate
            case .misaligned, .outsideFile, .overlapping: .misplaced
            case .unknownTensorType, .unknownValueType, .unsupportedVersion, .bigEndian: .unsupportedType
            case .notGGUF, .invalidName, .invalidValue, .tooDeep, .invalidAlignment, .invalidShape, .wrongDataSize:
                .malformed
            }
        self.init(
            kind, in: file, error.field, at: error.kind == .unreadable ? nil : error.offset, found: error.found,
            allowed: error.allowed)
    }

    /// A text that is not JSON. `start` is where it begins in the file.
    public init(_ error: JSONSyntaxError, in file: String, _ field: String = "JSON", from start: UInt64 = 0) {
        self.init(
            .malformed, in: file, field, at: start + UInt64(error.offset),
            found: "\(error.reason) (line \(error.line), column \(error.column))", allowed: "JSON")
    }

    /// A field of a JSON text that is not what it must be.
    public init(_ error: JSONFieldError, in file: String) {
        self.init(.malformed, in: file, error.path, found: error.problem, allowed: "what the format says")
    }
}

extension ModelFormatError: CustomStringConvertible {
    public var description: String {
        let place = offset.map { " at byte \($0)" } ?? ""
        return "\(sentence): '\(Self.printable(field))' of \(Self.printable(file))\(place): "
            + "\(Self.printable(found, lengthMax: 256)); allowed: \(allowed)."
    }

    private var sentence: String {
        switch kind {
        case .unreadable: "The file could not be read"
        case .unwritable: "The file could not be written"
        case .unknownFormat: "This is no model file of a known format"
        case .unsafeFormat: "This format is not safe to read"
        case .truncated: "The file ends too early, download it again"
        case .tooLarge: "A count or a length is impossible"
        case .malformed: "The file is malformed"
        case .duplicate: "Something is there twice"
        case .misplaced: "Tensor data lies where it must not"
        case .missing: "Something is missing"
        case .wrongShape: "A tensor has the wrong shape"
        case .unsupportedType: "This type is not supported"
        case .unsupportedArchitecture: "This architecture is not supported"
        case .unsupportedTokenizer: "This tokenizer is not supported"
        case .unsupportedSetting: "This setting is not supported"
        case .outOfRange: "A number does not fit the wanted type"
        }
    }

    /// Text from a file is hostile until shown otherwise: one line, no control characters, bounded length.
    private static func printable(_ text: String, lengthMax: Int = 128) -> String {
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
