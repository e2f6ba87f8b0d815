import CYAML

/// What the scanner saw next. Only what the reader needs of libyaml's events.
enum YAMLEvent {
    case documentStart
    case documentEnd
    case streamStart
    case streamEnd
    case alias(name: String)
    /// - `isPlain`: written without quotes and not as a block, so that it may be a number, a boolean or null.
    case scalar(text: String, isPlain: Bool, anchor: String?, isTagged: Bool)
    case sequenceStart(anchor: String?, isTagged: Bool)
    case sequenceEnd
    case mappingStart(anchor: String?, isTagged: Bool)
    case mappingEnd
}

/// libyaml's event parser over one text; frees itself exactly once.
///
/// Not `Sendable`: lives inside one call of `YAMLReader.read`.
@safe
struct YAMLEvents: ~Copyable {
    /// On the heap, because libyaml keeps pointers into it.
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    /// The parser reads from here until it is deleted.
    private let text: UnsafeMutableBufferPointer<UInt8>

    init(_ bytes: [UInt8]) throws(YAMLError) {
        unsafe parser = .allocate(capacity: 1)
        unsafe parser.initialize(to: yaml_parser_t())
        unsafe text = .allocate(capacity: bytes.count)
        _ = unsafe text.initialize(from: bytes)
        // Fails only when memory is exhausted; it has then freed what it had taken and zeroed itself, so that deleting
        // it again is harmless.
        guard unsafe yaml_parser_initialize(parser) == 1 else {
            throw YAMLError("out of memory", at: TextPosition(line: 1, column: 1))
        }
        unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        unsafe yaml_parser_set_input_string(parser, text.baseAddress, bytes.count)
    }

    deinit {
        unsafe yaml_parser_delete(parser)
        unsafe parser.deinitialize(count: 1)
        unsafe parser.deallocate()
        unsafe text.deallocate()
    }

    /// The next event with the place where it starts.
    mutating func next() throws(YAMLError) -> (event: YAMLEvent, position: TextPosition) {
        var raw = unsafe yaml_event_t()
        guard unsafe yaml_parser_parse(parser, &raw) == 1 else { throw failure() }
        defer { unsafe yaml_event_delete(&raw) }
        let position = unsafe TextPosition(Int(raw.start_mark.line), Int(raw.start_mark.column))
        return (try unsafe Self.translate(raw, at: position), position)
    }

    private static func translate(_ raw: yaml_event_t, at position: TextPosition) throws(YAMLError) -> YAMLEvent {
        switch unsafe raw.type {
        case YAML_STREAM_START_EVENT: return .streamStart
        case YAML_STREAM_END_EVENT: return .streamEnd
        case YAML_DOCUMENT_START_EVENT: return .documentStart
        case YAML_DOCUMENT_END_EVENT: return .documentEnd
        case YAML_ALIAS_EVENT: return .alias(name: unsafe string(raw.data.alias.anchor) ?? "")
        case YAML_SCALAR_EVENT:
            let scalar = unsafe raw.data.scalar
            let bytes = unsafe UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            return unsafe .scalar(
                text: String(decoding: bytes, as: UTF8.self), isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE,
                anchor: string(scalar.anchor), isTagged: scalar.tag != nil)
        case YAML_SEQUENCE_START_EVENT:
            let start = unsafe raw.data.sequence_start
            return unsafe .sequenceStart(anchor: string(start.anchor), isTagged: start.tag != nil)
        case YAML_SEQUENCE_END_EVENT: return .sequenceEnd
        case YAML_MAPPING_START_EVENT:
            let start = unsafe raw.data.mapping_start
            return unsafe .mappingStart(anchor: string(start.anchor), isTagged: start.tag != nil)
        case YAML_MAPPING_END_EVENT: return .mappingEnd
        default: throw YAMLError("the text ended unexpectedly", at: position)
        }
    }

    /// A name that libyaml ends with a zero byte.
    private static func string(_ bytes: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        guard let bytes = unsafe bytes else { return nil }
        return unsafe String(cString: bytes)
    }

    private func failure() -> YAMLError {
        let parser = unsafe parser.pointee
        let problem = unsafe parser.problem.map { unsafe String(cString: $0) } ?? "the text is not YAML"
        if unsafe parser.error == YAML_READER_ERROR {
            let consumed = unsafe text.prefix(parser.problem_offset)
            let lines = unsafe consumed.count { $0 == 0x0A }
            let column = unsafe consumed.reversed().prefix { $0 != 0x0A }.count
            return YAMLError(problem, at: TextPosition(lines, column))
        }
        let mark = unsafe parser.problem_mark
        let context = unsafe parser.context.map { unsafe String(cString: $0) + ": " } ?? ""
        return YAMLError(context + problem, at: TextPosition(Int(mark.line), Int(mark.column)))
    }
}

extension TextPosition {
    /// From libyaml's marks, which count from 0.
    fileprivate init(_ line: Int, _ column: Int) { self.init(line: line + 1, column: column + 1) }
}
