import JSONText

/// Reads calls in the syntax of a programming language. Each is given out when it is whole, because only then its
/// arguments can be turned into JSON.
struct LiteralCallReader: Sendable {
    private enum State: Sendable {
        case between
        case call
        /// The body is a program for the tool that runs programs; it lasts to the end of the answer.
        case program
    }

    /// The names under which clients offer a tool that runs Python.
    private static let programTools = ["python", "ipython", "code_interpreter"]

    private let form: LiteralForm
    private let tools: OfferedTools
    private var state = State.between
    private var isList = false
    private var callCount = 0
    /// Everything of the body so far, and where the present call begins in it.
    private var body: [UInt8] = []
    private var callStart = 0
    private var depth = 0
    private var quote: UInt8?
    private var isEscaped = false

    init(form: LiteralForm, tools: OfferedTools) {
        self.form = form
        self.tools = tools
    }

    var namesFunction: Bool {
        let text = body[callStart...].prefix { $0 != UInt8(ascii: "(") }
        return text.count < body.count - callStart && tools.contains(Self.functionName(text))
    }

    mutating func feed(_ byte: UInt8, into events: inout [CallEvent]) -> ReadingVerdict {
        body.append(byte)
        switch form {
        case .braces(let quote, let end): return braces(quote: quote, end: end, &events)
        case .python:
            switch state {
            case .between: return between(byte)
            case .call: return call(byte, &events)
            case .program: return .more
            }
        }
    }

    func finish(into events: inout [CallEvent]) -> Bool {
        switch state {
        case .between: return callCount > 0 && !isList
        case .call: return false
        case .program:
            guard let tool = programTool else { return false }
            let code = String(decoding: body, as: UTF8.self)
            let arguments: JSONValue = .object(JSONObject([("code", .string(code))]))
            events += [.started(name: tool, id: nil), .arguments(arguments.bytes), .completed]
            return true
        }
    }

    private var programTool: String? {
        guard case .python(hasJSON: true) = form, callCount == 0 else { return nil }
        return Self.programTools.first { tools.contains($0) }
    }

    private mutating func failed(_ failure: CallFailure) -> ReadingVerdict {
        guard programTool != nil else { return .failed(failure) }
        state = .program
        return .more
    }

    private mutating func between(_ byte: UInt8) -> ReadingVerdict {
        if byte.isJSONSpace { return .more }
        switch byte {
        case UInt8(ascii: "[") where callCount == 0 && !isList: isList = true
        case UInt8(ascii: "]") where isList: return .ended(isByteUsed: true)
        case UInt8(ascii: ",") where callCount > 0, UInt8(ascii: ";") where callCount > 0: break
        default:
            guard Character(Unicode.Scalar(byte)).isFunctionName else {
                return callCount > 0 && !isList ? .ended(isByteUsed: false) : failed(.malformed)
            }
            callStart = body.count - 1
            state = .call
        }
        return .more
    }

    private mutating func call(_ byte: UInt8, _ events: inout [CallEvent]) -> ReadingVerdict {
        if let open = quote {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == open {
                quote = nil
            }
            return .more
        }
        switch byte {
        case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
        case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"):
            depth -= 1
            if depth <= 0 { return callEnded(&events) }
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            if depth == 0 { return failed(.malformed) }
            quote = byte
        default:
            if depth == 0, !Character(Unicode.Scalar(byte)).isFunctionName { return failed(.malformed) }
        }
        return .more
    }

    private mutating func callEnded(_ events: inout [CallEvent]) -> ReadingVerdict {
        depth = 0
        var parser = LiteralParser(body[callStart...], quote: nil)
        guard let (name, arguments) = parser.call(tools: tools) else { return failed(.malformed) }
        guard tools.contains(name) else { return failed(.unknownFunction(name)) }
        events += [.started(name: name, id: nil), .arguments(arguments.bytes), .completed]
        callCount += 1
        state = .between
        return .more
    }

    private func braces(quote: String, end: String, _ events: inout [CallEvent]) -> ReadingVerdict {
        guard body.suffix(end.utf8.count).elementsEqual(end.utf8), !isQuoted(by: Array(quote.utf8)) else {
            return .more
        }
        var parser = LiteralParser(body.dropLast(end.utf8.count), quote: quote)
        guard let (name, arguments) = parser.bracedCall() else { return .failed(.malformed) }
        guard tools.contains(name) else { return .failed(.unknownFunction(name)) }
        events += [.started(name: name, id: nil), .arguments(arguments.bytes), .completed]
        return .ended(isByteUsed: true)
    }

    /// The end of the body lies within a string.
    private func isQuoted(by quote: [UInt8]) -> Bool {
        var isOpen = false
        var position = 0
        while position < body.count {
            if beginning(of: quote, in: body, at: position) == .found {
                isOpen.toggle()
                position += quote.count
            } else {
                position += 1
            }
        }
        return isOpen
    }

    private static func functionName(_ bytes: some Sequence<UInt8>) -> String {
        LiteralParser.functionName(String(decoding: Array(bytes), as: UTF8.self))
    }
}
