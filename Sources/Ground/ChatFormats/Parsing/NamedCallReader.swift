/// Reads calls that give the function's name between marks, and then the arguments.
///
/// The header, everything before the arguments, is short: it is read again with every byte until it is whole.
struct NamedCallReader: Sendable {
    enum Form: Sendable, Equatable {
        /// `name>` then JSON, `<parameter=key>value</parameter>…` or nothing, and `</function>`.
        case functionTag
        /// The same with `<function=` before it.
        case wholeFunctionTag
        /// Mistral's `name[ARGS]{…}`, with `[CALL_ID]id` between them, or nothing.
        case bracketTags
        /// DeepSeek's `name<｜tool▁sep｜>{…}`, or `type<｜tool▁sep｜>name` and the arguments in a fence.
        case separated
        /// Kimi's `functions.name:index<|tool_call_argument_begin|>{…}`.
        case numbered
    }

    enum Header: Sendable, Equatable {
        case incomplete
        case invalid
        /// Arguments begin with the last byte.
        case json(name: String, id: String?)
        /// The key of the first parameter follows.
        case parameters(name: String)
        case noArguments(name: String)
    }

    private enum State: Sendable { case header, json, parameters, closed }

    private static let headerBytesMax = 1024

    private let form: Form
    private let tools: OfferedTools
    private var state = State.header
    private var header: [UInt8] = []
    private var scanner = JSONScanner()
    private var parameters: ParameterReader?
    private(set) var namesFunction = false

    init(form: Form, tools: OfferedTools) {
        self.form = form
        self.tools = tools
    }

    mutating func feed(_ byte: UInt8, into events: inout [CallEvent]) -> ReadingVerdict {
        switch state {
        case .header:
            header.append(byte)
            guard header.count <= Self.headerBytesMax else { return .failed(.malformed) }
            return headerGrew(byte, &events)
        case .json:
            let text = scanner.repaired(byte)
            switch scanner.feed(byte) {
            case .invalid, .doneBefore: return .failed(.malformed)
            case .more:
                events.append(.arguments(text))
                return .more
            case .done:
                events += [.arguments(text), .completed]
                state = .closed
                return .ended(isByteUsed: true)
            }
        case .parameters: return parameters?.feed(byte, into: &events) ?? .failed(.malformed)
        case .closed: return .ended(isByteUsed: false)
        }
    }

    func finish(into events: inout [CallEvent]) -> Bool { state == .closed }

    private mutating func headerGrew(_ byte: UInt8, _ events: inout [CallEvent]) -> ReadingVerdict {
        let found = form.read(String(decoding: header, as: UTF8.self)[...])
        switch found {
        case .incomplete: return .more
        case .invalid: return .failed(.malformed)
        case .json(let name, let id):
            guard tools.contains(name) else { return .failed(.unknownFunction(name)) }
            begin(name, id, &events)
            state = .json
            return feed(byte, into: &events)
        case .parameters(let name):
            guard tools.contains(name) else { return .failed(.unknownFunction(name)) }
            begin(name, nil, &events)
            parameters = ParameterReader(function: name, tools: tools)
            state = .parameters
            return .more
        case .noArguments(let name):
            guard tools.contains(name) else { return .failed(.unknownFunction(name)) }
            begin(name, nil, &events)
            events += [.arguments(Array("{}".utf8)), .completed]
            state = .closed
            return .ended(isByteUsed: true)
        }
    }

    private mutating func begin(_ name: String, _ id: String?, _ events: inout [CallEvent]) {
        namesFunction = true
        events.append(.started(name: name, id: id))
    }
}

extension NamedCallReader.Form {
    /// What a header that begins with `text` is so far.
    func read(_ text: Substring) -> NamedCallReader.Header {
        let text = text.drop(while: \.isWhitespace)
        return switch self {
        case .functionTag: Self.functionTag(text)
        case .wholeFunctionTag:
            switch text.after("<function=") {
            case .found(let rest): Self.functionTag(rest)
            case .possible: .incomplete
            case .missing: .invalid
            }
        case .bracketTags: Self.bracketTags(text)
        case .separated: Self.separated(text)
        case .numbered: Self.numbered(text)
        }
    }

    private static func functionTag(_ text: Substring) -> NamedCallReader.Header {
        let name = text.prefix { $0.isFunctionName }
        guard name.endIndex < text.endIndex else { return .incomplete }
        guard !name.isEmpty, text[name.endIndex] == ">" else { return .invalid }
        let rest = text[text.index(after: name.endIndex)...].drop(while: \.isWhitespace)
        if rest.isEmpty { return .incomplete }
        if rest == "{" { return .json(name: String(name), id: nil) }
        if rest == "<parameter=" { return .parameters(name: String(name)) }
        if rest == "</function>" { return .noArguments(name: String(name)) }
        return "<parameter=".hasPrefix(rest) || "</function>".hasPrefix(rest) ? .incomplete : .invalid
    }

    private static func bracketTags(_ text: Substring) -> NamedCallReader.Header {
        let name = text.prefix { $0.isFunctionName }
        var rest = text[name.endIndex...].drop(while: \.isWhitespace)
        if rest.isEmpty { return .incomplete }
        guard !name.isEmpty else { return .invalid }
        var id: String?
        switch rest.after("[CALL_ID]") {
        case .missing: break
        case .possible: return .incomplete
        case .found(let afterTag):
            let text = afterTag.prefix { $0 != "[" && $0 != "{" }
            id = String(text.trimmed)
            rest = afterTag[text.endIndex...]
            if rest.isEmpty { return .incomplete }
        }
        switch rest.after("[ARGS]") {
        case .missing: break
        case .possible: return .incomplete
        case .found(let afterTag): rest = afterTag.drop(while: \.isWhitespace)
        }
        if rest.isEmpty { return .incomplete }
        return rest == "{" ? .json(name: String(name), id: id?.isEmpty == true ? nil : id) : .invalid
    }

    private static func separated(_ text: Substring) -> NamedCallReader.Header {
        var text = text
        switch text.after("<｜tool▁call▁begin｜>") {
        case .found(let rest): text = rest
        case .possible: return .incomplete
        case .missing: break
        }
        let separator = "<｜tool▁sep｜>"
        guard let range = text.firstRange(of: separator) else {
            return text.contains("{") || text.contains("\n") ? .invalid : .incomplete
        }
        let before = text[..<range.lowerBound].trimmed
        let after = text[range.upperBound...].drop(while: \.isWhitespace)
        guard let first = after.first else { return .incomplete }
        if first == "{" { return .json(name: String(before), id: nil) }
        // The first part was the type.
        let name = after.prefix { $0.isFunctionName }
        var rest = after[name.endIndex...].drop(while: \.isWhitespace)
        switch rest.after("```") {
        case .found(let fenced):
            rest = fenced
            switch rest.after("json") {
            case .found(let afterLanguage): rest = afterLanguage
            case .possible: return .incomplete
            case .missing: break
            }
            rest = rest.drop(while: \.isWhitespace)
        case .possible: return .incomplete
        case .missing: break
        }
        if rest.isEmpty { return .incomplete }
        return rest == "{" && !name.isEmpty ? .json(name: String(name), id: nil) : .invalid
    }

    private static func numbered(_ text: Substring) -> NamedCallReader.Header {
        var text = text
        switch text.after("<|tool_call_begin|>") {
        case .found(let rest): text = rest.drop(while: \.isWhitespace)
        case .possible: return .incomplete
        case .missing: break
        }
        let mark = "<|tool_call_argument_begin|>"
        let id = text.prefix { $0.isFunctionName || $0 == ":" }
        let rest = text[id.endIndex...].drop(while: \.isWhitespace)
        guard case .found(let arguments) = rest.after(mark) else {
            return rest.after(mark) == .possible ? .incomplete : .invalid
        }
        let afterMark = arguments.drop(while: \.isWhitespace)
        if afterMark.isEmpty { return .incomplete }
        var name = id.prefix { $0 != ":" }
        if name.hasPrefix("functions.") { name = name.dropFirst("functions.".count) }
        return afterMark == "{" ? .json(name: String(name), id: String(id)) : .invalid
    }
}

/// Whether a text begins with another, as far as it goes.
enum Beginning: Equatable {
    case found(rest: Substring)
    /// It is a beginning of the other text.
    case possible
    case missing
}

extension Substring {
    /// What follows `mark`, when this text begins with it.
    func after(_ mark: String) -> Beginning {
        if hasPrefix(mark) { return .found(rest: dropFirst(mark.count)) }
        return mark.hasPrefix(self) ? .possible : .missing
    }

    var trimmed: Substring {
        var text = drop(while: \.isWhitespace)
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return text
    }
}

extension Character {
    /// The characters of function names: OpenAI's, and the point that namespaces use.
    var isFunctionName: Bool { isASCII && (isLetter || isNumber || self == "_" || self == "-" || self == ".") }
}
